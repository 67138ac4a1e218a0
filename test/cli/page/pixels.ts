import type { Page } from 'playwright-core';

/** Columns of a canvas from the first to the last that show a colour: a line of the grid, or a rounded edge, interrupts nothing. */
export interface Run {
  from: number;
  to: number;
}

/**
 * What the chart shows, read from its pixels: where lines of a price are, where bands and where their dashed edges, and where
 * lines of a suspect price. In pixels of the canvas from its left.
 */
export async function chartPixels(
  page: Page,
): Promise<{ lines: Run[]; bands: Run[]; dashes: Run[]; suspect: Run[] }> {
  return await page.evaluate(`(() => {
    const canvas = document.querySelector('canvas');
    const { width, height } = canvas;
    const pixelsOf = (context, ...size) => new Uint32Array(context.getImageData(0, 0, ...size).data.buffer);
    const pixels = pixelsOf(canvas.getContext('2d'), width, height);
    const colourOf = (name) => {
      const paint = new OffscreenCanvas(1, 1).getContext('2d');
      paint.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--' + name);
      paint.fillRect(0, 0, 1, 1);
      return pixelsOf(paint, 1, 1)[0];
    };
    const runs = (name, least, most = height) => {
      const colour = colourOf(name);
      const found = [];
      for (let x = 0; x < width; x++) {
        let many = 0;
        for (let y = 0; y < height; y++) if (pixels[y * width + x] === colour) many++;
        if (many < least || many > most) continue;
        if (found.at(-1)?.to >= x - 2) found.at(-1).to = x;
        else found.push({ from: x, to: x });
      }
      return found;
    };
    return { lines: runs('price', 2), bands: runs('gap', height / 2), dashes: runs('bad', 20), suspect: runs('bad', 2, 10) };
  })()`);
}
