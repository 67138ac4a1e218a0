import type { AlarmId } from '../../lib/alarms/catalogue.ts';

/** Alarms that no drill makes fire, each with the reason why none can, and what holds the alarm in its place. */
export const undrilled: Partial<Record<AlarmId, string>> = {
  'cost-per-million':
    'It looks at three hours with a thousand visits in each: at any scale at which workers can work, that is longer than a drill may take; and locally a duration counts as its share of the function’s limit (docs/local-stack.md), so that dollars say nothing. test/lib/cost-alarm.test.ts evaluates the synthesized alarm over hours that are dear and cheap.',
};
