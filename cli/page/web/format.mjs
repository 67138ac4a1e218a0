const digits = new Intl.NumberFormat('en').format;

/** `?` is what did not answer. */
export function count(value) {
  return value === null || value === undefined || Number.isNaN(value)
    ? '?'
    : digits(value).replaceAll(',', '\u202f');
}

/** An exact amount, grouped as text: it never becomes a floating-point number on its way. */
export function money(amount, currency) {
  if (amount === null) return 'no price';
  const [whole, part] = amount.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, '\u202f');
  return `${part ? `${grouped}.${part}` : grouped} ${currency}`;
}

/** `2026-11-25 20:13:05`, UTC. */
export function time(instant) {
  return instant === null ? '-' : instant.slice(0, 19).replace('T', ' ');
}

/** Since then, in its largest unit. */
export function ago(instant, now = Date.now()) {
  if (instant === null || instant === undefined) return '-';
  const seconds = Math.max(0, Math.round((now - Date.parse(instant)) / 1000));
  const [unit, size] = [
    ['d', 86400],
    ['h', 3600],
    ['min', 60],
  ].find(([, of]) => seconds >= 2 * of) ?? ['s', 1];
  return `${Math.floor(seconds / size)} ${unit}`;
}

export function productLink(domain, { marketplace, kind, externalId }) {
  return `#/product/${[domain, marketplace, kind, externalId].map(encodeURIComponent).join('/')}`;
}
