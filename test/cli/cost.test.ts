import { expect, it, vi } from 'vitest';
import { billOf } from '../../cli/cost/bill.ts';
import { type Inventory, inventoryOf } from '../../cli/cost/inventory.ts';
import { loadConfig } from '../../lib/config/load.ts';
import type { StageConfig } from '../../lib/config/schema.ts';
import { config } from '../../narx.config.ts';
import { synthesized } from '../support/synthesized.ts';

vi.setConfig({ testTimeout: 120_000 });

const lean: StageConfig = loadConfig(config, 'lean');
const template = {
  stackName: 'narx-lean',
  region: 'us-east-1',
  accountId: '000000000000',
  folder: '',
  resources: Object.fromEntries(synthesized('lean', config)),
  parameters: {},
};
const half = { products: 500_000, checksPerDay: 1, apiRequests: 100_000 };

const empty: Inventory = {
  instances: [],
  proxies: 0,
  mappings: 0,
  alarmMetrics: 0,
  alarms: 0,
  compositeAlarms: 0,
  customMetrics: 0,
  dashboards: 0,
  keys: 0,
  httpApis: 0,
  schedules: [],
  natGateways: 0,
  interfaceEndpoints: 0,
};

const costOf = (inventory: Partial<Inventory>, service: string, what: RegExp, volumes = half): number =>
  billOf({ ...empty, ...inventory }, lean, volumes)
    .lines.filter((line) => line.service === service && what.test(line.what))
    .reduce((sum, { usd }) => sum + usd, 0);

it('counts a Multi-AZ instance and its storage twice', () => {
  const instance = { id: 'Db', instanceClass: 'db.t4g.small', storageGb: 100 };
  expect(costOf({ instances: [{ ...instance, multiAz: false }] }, 'RDS', /./)).toBeCloseTo(
    0.032 * 730 + 11.5,
    2,
  );
  expect(costOf({ instances: [{ ...instance, multiAz: true }] }, 'RDS', /./)).toBeCloseTo(
    2 * (0.032 * 730 + 11.5),
    2,
  );
});

it('pays for an alarm by the metrics that it looks at', () => {
  expect(costOf({ alarms: 10, alarmMetrics: 25 }, 'CloudWatch', /^alarms/)).toBeCloseTo(2.5, 2);
});

it('follows the visits where work is paid for, and only there', () => {
  const twice = { ...half, checksPerDay: 2 };
  for (const [service, what] of [
    ['Lambda', /scrape|store/],
    ['DynamoDB', /./],
  ] as const) {
    const ratio = costOf({}, service, what, twice) / costOf({}, service, what);
    expect(ratio).toBeGreaterThan(1.95);
    expect(ratio).toBeLessThan(2.05);
  }
  expect(costOf({ proxies: 1 }, 'RDS Proxy', /./, twice)).toBe(costOf({ proxies: 1 }, 'RDS Proxy', /./));
});

it('refuses an instance class whose price it does not know, and names those that it knows', () => {
  const instances = [{ id: 'Db', instanceClass: 'db.r99.large', storageGb: 20, multiAz: false }];
  expect(() => billOf({ ...empty, instances }, lean, half)).toThrow(/db\.r99\.large.*db\.t4g\.small/);
});

it('stays under 120 dollars a month for half a million products a day, without a NAT gateway or an interface endpoint', () => {
  const inventory = inventoryOf(template, lean);
  expect(inventory).toMatchObject({ natGateways: 0, interfaceEndpoints: 0, proxies: 1 });
  const bill = billOf(inventory, lean, half);
  expect(bill.totalUsd).toBeLessThan(120);
  expect(bill.totalUsd).toBeGreaterThan(60);
  expect(bill.totalUsd).toBeCloseTo(
    bill.lines.reduce((sum, { usd }) => sum + usd, 0),
    2,
  );
  for (const { usd } of bill.instead) expect(usd).toBeGreaterThan(bill.totalUsd);
});

it('asks for the free space of a database 13 times an hour, at a cent per thousand', () => {
  const instances = ['a', 'b'].map((id) => ({
    id,
    instanceClass: 'db.t4g.small',
    storageGb: 20,
    multiAz: false,
  }));
  expect(costOf({ instances }, 'CloudWatch', /^free space/)).toBe(0.19);
});
