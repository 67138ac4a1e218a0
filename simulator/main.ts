import { OptionError, readOptions } from './options.ts';
import { startSimulator } from './simulator.ts';

/** Runs until stdin closes or a signal arrives, so that it never outlives whoever started it. */
async function main(): Promise<void> {
  const simulator = await startSimulator(readOptions(process.argv.slice(2)));
  const stop = () => void simulator.close().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdin.once('end', stop).once('close', stop).resume();
  const { control, origins, proxies } = simulator;
  console.log(JSON.stringify({ ready: true, control, origins, proxies }));
}

main().catch((error: unknown) => {
  console.error(error instanceof OptionError ? `simulator: ${error.message}` : error);
  process.exit(1);
});
