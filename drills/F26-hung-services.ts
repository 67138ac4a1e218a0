import type { Drill } from './drill.ts';

const hang = { fault: 'hang' } as const;

export const drill: Drill = {
  id: 'F26',
  failure: 'SQS, DynamoDB and S3 each take a request and never answer',
  mutation: {
    file: 'functions/adapters/clients.ts',
    find: 'throwOnRequestTimeout: true,',
    replace: 'throwOnRequestTimeout: false,',
    removes: 'the time limit of the SDK’s calls',
    failsWith: /^functions that were killed at their time limit: /,
  },
  // The limits of the SDK's clients are real seconds: the functions must have more.
  stack: { timeScale: 0.3 },
  async run(world) {
    const { cloud, passes } = world;
    const scrape = /-scrape-uzum$/;
    const store = /-store-ecommerce$/;
    // Pages that are quarantined, so that S3 is written to.
    await world.knobs('uzum', { absurdShare: 0.02, absurdKinds: ['negative'] });
    const faults = await world.inject('each service hangs once', () => [
      cloud.set({ service: 'sqs', operation: /^SendMessage/, by: /-dispatch$/, times: 1, fault: hang }),
      cloud.set({ service: 'dynamodb', item: /^CURSOR#/, by: /-dispatch$/, times: 1, fault: hang }),
      cloud.set({ service: 'sqs', operation: /^SendMessage/, by: scrape, times: 1, fault: hang }),
      cloud.set({ service: 's3', operation: 'PutObject', by: scrape, times: 1, fault: hang }),
      cloud.set({ service: 'dynamodb', item: /^SWEEP#.* JOB#/, by: store, times: 1, fault: hang }),
    ]);
    world.seenThrough('duration of the functions');
    await passes.sweep().done;
    world.recovered();
    world.check(
      'services that hung',
      faults.map(({ hits }) => hits),
      faults.map(() => 1),
    );
    world.check(
      'functions that were killed at their time limit',
      ['dispatch', 'scrape-uzum', 'store-ecommerce'].map((name) => {
        const [service = '', owner = null] = name.split('-');
        return world.lambda('Errors', service, owner);
      }),
      [0, 0, 0],
    );
  },
};
