import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../../functions/core/model/errors.ts';

/**
 * Synthesizes one stage's stack into a folder, in a process of its own, exactly as `cdk deploy` does. Returns the folder.
 * A configuration that is refused becomes a ConfigurationError with the app's own sentences.
 */
export async function synthesize(options: {
  root: string;
  stage: string;
  outDir: string;
  /** Folder for Node's compile cache, which makes the next synthesis faster. */
  compileCache: string;
  context?: Record<string, unknown>;
}): Promise<string> {
  await rm(options.outDir, { recursive: true, force: true });
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', join('bin', 'narx.ts')], {
    cwd: options.root,
    env: {
      ...process.env,
      CDK_OUTDIR: options.outDir,
      CDK_CONTEXT_JSON: JSON.stringify({ ...options.context, stage: options.stage }),
      NODE_COMPILE_CACHE: options.compileCache,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  if (code !== 0) {
    const lines = stderr.split('\n').filter((line) => line.trim() !== '');
    throw new ConfigurationError(lines.length > 0 ? lines : [`Synthesis ended with code ${code}.`]);
  }
  return options.outDir;
}
