/**
 * The nine tenths of a page that say nothing about products: styles, scripts, translations, empty widgets. Made
 * once and copied. It holds the traps of real pages: the word "captcha" a dozen times, and the translation of "no
 * such product" on every page.
 */
export interface Filler {
  readonly head: Buffer;
  readonly middle: Buffer;
  readonly tail: Buffer;
}

const KB = 1024;
/** Total size of the filler, in KB: pages are 1.4 to 2.2 MB. */
const sizes = [1470, 1620, 1780, 1950, 2130];

const made: Filler[] = [];

/** One of a few fillers of different size; the same number gives the same one. */
export function fillerFor(number: number): Filler {
  const at = number % sizes.length;
  made[at] ??= make((sizes[at] as number) * KB);
  return made[at];
}

function hash(i: number): string {
  return (Math.imul(i + 1, 2_654_435_761) >>> 0).toString(36);
}

/** Repeats what `piece` gives until there is enough of it. */
function repeat(bytes: number, piece: (i: number) => string): string {
  const pieces: string[] = [];
  let length = 0;
  for (let i = 0; length < bytes; i++) {
    const text = piece(i);
    pieces.push(text);
    length += text.length;
  }
  return pieces.join('');
}

const captchaService = `<script>(window.apiarySleepingQueue=window.apiarySleepingQueue||[]).push('@marketfront/CaptchaService');</script><div id=/content/captchaService data-apiary-widget-name=@marketfront/CaptchaService><!--BEGIN [@marketfront/CaptchaService] /content/captchaService--><!--END [@marketfront/CaptchaService] /content/captchaService--></div>`;

/** A block of data that has nothing to do with prices. */
function widget(i: number): string {
  const path = `/content/page/fancyPage/${hash(i)}`;
  return `<noframes data-apiary="patch">{"widgets":{"@marketfront/Widget${i % 40}":{"${path}":{"isVisible":true,"id":"${hash(i + 7)}","items":[${i},${i * 3}],"text":"Доставка по клику <b>сегодня</b>"}}},"collections":{"featureToggle":{"f${i}":{"id":"f${i}","enabled":${i % 2 === 0}}}},"meta":{"${path}":{"name":"@marketfront/Widget${i % 40}"}}}</noframes>`;
}

function translations(): string {
  const entries = Array.from(
    { length: 600 },
    (_, i) => `"common.text:${hash(i)}":"Подпись номер ${i} для кнопки «Купить»"`,
  );
  entries.splice(
    300,
    0,
    '"common.errors:fatal-error-small-text":"Но вы обязательно найдете что-нибудь нужное!","common.errors:fatal-error-small-title":"Такого товара у нас нет"',
  );
  return `<noframes data-apiary="patch">{"widgets":{},"collections":{"i18n":{"ru":{${entries.join(',')}}}},"meta":{}}</noframes>`;
}

function make(bytes: number): Filler {
  const style = repeat(
    bytes * 0.62,
    (i) =>
      `._${hash(i)}{display:flex;align-items:center;margin:${i % 33}px ${i % 17}px;padding:${i % 9}px;color:var(--text-primary);border-radius:${i % 21}px}`,
  );
  const script = repeat(
    bytes * 0.12,
    (i) => `function f${hash(i)}(a,b){return a&&b?a+b*${i}:window.__apiary.get("${hash(i + 3)}")}`,
  );
  const icons = repeat(
    bytes * 0.14,
    (i) =>
      `<div class="_${hash(i)}" data-zone-name="icon${i % 12}"><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path d="M${i % 24} 3h${i % 19}v${i % 13}H4z"/></svg></div>`,
  );
  const widgets = Array.from({ length: 130 }, (_, i) => widget(i)).join('\n');
  return {
    head: Buffer.from(
      `<style>${style}</style><script>window.__apiary={get:function(){}};${script}</script></head><body>${captchaService}`,
    ),
    middle: Buffer.from(`${translations()}${icons}`),
    tail: Buffer.from(
      `${widgets}${captchaService}<script>window.__apiary.ready=true;</script></body></html>`,
    ),
  };
}
