import { UsageError } from '../command.ts';
import { connectStage, type Stage } from './connect.ts';

interface StageValues {
  stage?: string | undefined;
  folder: string;
}

/** What a command does, by the first word after its name; resolves to the exit code. */
export type Actions<Values> = Readonly<
  Record<string, (stage: Stage, values: Values, rest: string[]) => Promise<number>>
>;

/** Does what the first word says, on the stage that the options name. Throws UsageError when it says nothing that is known. */
export async function actOnStage<Values extends StageValues>(
  actions: Actions<Values>,
  values: Values,
  [word, ...rest]: string[],
): Promise<number> {
  const act = word !== undefined && Object.hasOwn(actions, word) ? actions[word] : undefined;
  if (!act) {
    const known = new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(Object.keys(actions));
    throw new UsageError(`${word === undefined ? 'what' : `"${word}"`}? Say ${known}.`);
  }
  const stage = await connectStage(values);
  try {
    return await act(stage, values, rest);
  } finally {
    stage.close();
  }
}
