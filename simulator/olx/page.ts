const FILLER_KB = 60;

const filler = Array.from(
  { length: FILLER_KB * 8 },
  (_, i) =>
    `.css-${((i * 2_654_435_761) % 2 ** 31).toString(36)}{display:flex;margin:${i % 32}px;padding:${i % 7}px ${i % 11}px;color:#002f34}`,
).join('');

/** A page with its state: a JavaScript string literal that contains JSON. */
export function page(title: string, body: string, state: unknown): string {
  // As the real page does, so that no text in the state can end the script.
  const literal = JSON.stringify(JSON.stringify(state)).replaceAll('</', '<\\u002F');
  return `${head(title)}<body><div id="root">${body}</div>
<script>window.__INIT_CONFIG__= "{\\"appConfig\\":{\\"country\\":\\"UZ\\"}}";
        window.__PRERENDERED_STATE__= ${literal};
        window.__TAURUS__ = {};</script>
</body></html>`;
}

/** A page without the state that parsers rely on. */
export function statelessPage(title: string, body: string): string {
  return `${head(title)}<body><div id="__next">${body}</div></body></html>`;
}

function head(title: string): string {
  return `<!doctype html><html lang="ru"><head><meta charset="utf-8"><title>${title}</title><style>${filler}</style></head>`;
}
