import { type Answer, type Ask, answer, HTML_TYPE, JSON_TYPE } from '../site.ts';
import type { BlockKind } from './knobs.ts';

/** The CAPTCHA page of Yandex's service, which Uzum uses too: what the real pages are recognised by, and no more. */
export function captchaPage(retpath: string): string {
  const back = encodeURIComponent(retpath);
  return `<!DOCTYPE html><html lang="ru"><head><meta charset="utf-8"><title>Ой!</title><meta name="robots" content="noindex">
<style>.CheckboxCaptcha{width:300px;margin:80px auto;font-family:sans-serif}.Spacer{height:24px}${'.a{color:#000}'.repeat(300)}</style></head>
<body><div id="root" class="Theme Theme_color_yandex-default"><div class="Container"><div class="Spacer"></div>
<form method="POST" action="/checkcaptcha?key=simulated&amp;retpath=${back}" class="CheckboxCaptcha-Form"><div class="CheckboxCaptcha" data-testid="checkbox-captcha">
<div class="CheckboxCaptcha-Label"><h1 class="Text">Подтвердите, что запросы отправляли вы, а не робот</h1>
<span class="Text">Нам очень жаль, но запросы с вашего устройства похожи на автоматические.</span></div>
<input type="submit" class="CheckboxCaptcha-Button" value="" aria-label="SmartCaptcha: I'm not a robot"></div></form>
<script>window.__SSR_DATA__={"captcha":"smart-captcha"}</script></div></div></body></html>`;
}

const CAPTCHA_MARK = { headers: ['X-Yandex-Captcha', 'captcha'] };

const plainPage = (status: number, title: string): string =>
  `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body>\r\n<center><h1>${status} ${title}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n`;

/** The front proxy's page for a server error. */
export function serverError(status: number): Answer {
  const titles: Record<number, string> = {
    500: 'Internal Server Error',
    502: 'Bad Gateway',
    503: 'Service Temporarily Unavailable',
    504: 'Gateway Time-out',
  };
  return answer(status, 'text/html', plainPage(status, titles[status] ?? 'Server Error'));
}

/** An answer that is found elsewhere, wherever that is. */
export function redirectTo(location: string): Answer {
  return answer(302, 'text/html', '', { headers: ['Location', location] });
}

/** How a client that is not wanted is turned away. `captchaOrigin` is where a redirect to the CAPTCHA leads. */
export function refusal(ask: Ask, kind: BlockKind, retryAfterSeconds: number, captchaOrigin: string): Answer {
  const asked = `https://${ask.host}${ask.path}${ask.query === '' ? '' : `?${ask.query}`}`;
  switch (kind) {
    case '403':
      return answer(403, 'text/html', plainPage(403, 'Forbidden'));
    case '429':
      return answer(429, 'text/html', plainPage(429, 'Too Many Requests'));
    case '429-retry-after':
      return answer(429, 'text/html', plainPage(429, 'Too Many Requests'), {
        headers: ['Retry-After', String(retryAfterSeconds)],
      });
    case 'captcha-page':
      return answer(200, HTML_TYPE, captchaPage(asked), CAPTCHA_MARK);
    case 'captcha-redirect':
      // The page that the redirect leads to must not redirect again.
      if (ask.path.startsWith('/showcaptcha'))
        return answer(200, HTML_TYPE, captchaPage(asked), CAPTCHA_MARK);
      return answer(302, 'text/html', '', {
        headers: [
          'Location',
          `${captchaOrigin}/showcaptcha?mt=simulated&retpath=${encodeURIComponent(asked)}`,
          'X-Yandex-Captcha',
          'captcha',
        ],
      });
    case '404-wall':
      return answer(404, 'text/html', plainPage(404, 'Not Found'));
    case '500-blocked':
      return answer(500, JSON_TYPE, '{"status":500,"message":"Приложение : Missing User-Agent header"}');
  }
}
