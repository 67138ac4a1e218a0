import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Drill } from './drill.ts';
import { databaseSession } from './faults/database-session.ts';
import type { World } from './harness/world.ts';

export const drill: Drill = {
  id: 'F54',
  failure:
    'the marketplace’s pages send the scrapers to an address inside, and a reader sends statements instead of words',
  mutation: {
    file: 'functions/adapters/http/fetcher.ts',
    find: "      if (refusal !== null) return { failure: 'host-not-allowed', detail: refusal };\n",
    replace: '',
    removes: 'the list of hosts that are asked, redirects included',
    failsWith: /^requests that came inside: /,
  },
  // The page that a control asks for when everything is refused, and the probe that finds it over.
  expect: { fetchedTwice: 2 },
  async run(world) {
    const { alarms, passes } = world;
    await passes.sweep().done;
    await alarms.areOk(['gate-closed']);
    const inside = await metadataService();
    await passes.newPrices();
    await world.inject('every page redirects to the metadata service', () =>
      world.knobs('uzum', { redirect: { location: inside.address } }),
    );
    const refresh = passes.refresh();
    await world.until(
      'the redirects are met',
      () => inside.requests() > 0 || alarms.on('gate-closed').length > 0,
    );
    world.check('requests that came inside', inside.requests(), 0);
    if (inside.requests() === 0) await alarms.fires('gate-closed');
    await world.knobs('uzum', { redirect: null });
    await readersAttack(world);
    await refresh.done;
    await passes.settle();
    world.recovered();
    world.check('requests that came inside until the end', inside.requests(), 0);
    inside.close();
  },
};

/** What hands out credentials to whoever asks from inside, and how often it was asked. */
async function metadataService() {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests += 1;
    response.end('{"AccessKeyId":"of the role","SecretAccessKey":"of the role"}');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/latest/meta-data/iam/security-credentials/scrape`,
    requests: () => requests,
    close: () => server.close(),
  };
}

/** Statements, paths and floods in the place of words. Nothing of it may reach the database as anything but a word. */
async function readersAttack(world: World): Promise<void> {
  const { stack, session } = world;
  const api = stack.httpApis[`narx-${session.settings.stage}-api-ecommerce`];
  const dba = await databaseSession(stack);
  const rows = async () =>
    (
      await dba.query(
        'select (select count(*)::int from product) as products, (select count(*)::int from pg_roles) as roles',
      )
    ).rows[0];
  const before = await rows();
  const attacks = [
    '/products?marketplace=uzum&q=',
    '/products?marketplace=uzum&category=',
    '/products?marketplace=uzum&cursor=',
    '/drops?marketplace=',
    '/products/uzum/product/',
  ].flatMap((path) =>
    [
      "x'; drop table product cascade; --",
      "' union select rolname, rolpassword from pg_authid --",
      '../../../../etc/passwd',
      '%00',
      'x'.repeat(8_000),
    ].map((text) => path + encodeURIComponent(text)),
  );
  const answers = await Promise.all(attacks.map((attack) => fetch(`${api}${attack}`)));
  const bodies = await Promise.all(answers.map((answer) => answer.text()));
  world.check(
    'attacks that the API fails on',
    attacks.filter((_, index) => (answers[index]?.status ?? 500) >= 500),
    [],
  );
  world.check(
    'answers that tell of roles or files',
    bodies.filter((body) => /SCRAM|root:|postgres/.test(body)),
    [],
  );
  world.check('the database afterwards', await rows(), before);
  await dba.end();
}
