/**
 * An error of AWS, or of the way there, as one line; null for any other error. The SDK marks all that went wrong with a
 * call with `$metadata`, and names what it could not find in the shell (`CredentialsProviderError`, no region).
 */
export function serviceErrorLine(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const { name, message } = error;
  if (
    name === 'CredentialsProviderError' ||
    name === 'TokenProviderError' ||
    name === 'ExpiredTokenException'
  )
    return `no valid AWS credentials (${firstLine(message)}): log in, or set AWS_PROFILE.`;
  if (message === 'Region is missing') return 'no AWS region: set AWS_REGION, or a region in your profile.';
  const code = (error as NodeJS.ErrnoException).code ?? name;
  if (['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'TimeoutError'].includes(code))
    return `no answer (${code}): ${firstLine(message)}`;
  return '$metadata' in error ? `AWS answered ${name}: ${firstLine(message)}` : null;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
