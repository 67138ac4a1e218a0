import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { synthesized } from '../cli/start/synthesized.ts';
import type { Drill } from './drill.ts';
import { copyTree, mutate } from './harness/tree.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

export const drill: Drill = {
  id: 'F31',
  failure: 'Yandex Market is enabled without proxies',
  mutation: {
    file: 'functions/marketplaces/yandex/manifest.ts',
    find: 'requiresProxy: true',
    replace: 'requiresProxy: false',
    removes: 'what the manifest says of proxies',
    failsWith: /^synthesis without proxies: /,
  },
  async run(world) {
    const copy = join(tmpdir(), `narx-drill-f31-${process.pid}`);
    try {
      copyTree(root, copy);
      mutate(copy, {
        file: 'narx.config.ts',
        // The end of what all drills' stages have.
        find: `      rate: unpaced,
    },
  },
};`,
        replace: `      rate: unpaced,
    },
    yandex: { enabled: true },
  },
};`,
        removes: '',
        failsWith: /./,
      });
      const refusal = await world.inject('a stage with Yandex Market and no proxies is synthesized', () =>
        synthesized(copy, 'drill', join(copy, '.narx')).then(
          () => 'it was synthesized',
          (error: unknown) => String(error),
        ),
      );
      world.checkThat(
        'synthesis without proxies',
        /without proxies; name the secret that lists them/.test(refusal),
        refusal,
      );
      world.seenThrough('the synthesis');
    } finally {
      rmSync(copy, { recursive: true, force: true });
    }
    await world.passes.sweep().done;
    world.recovered();
  },
};
