export function bundled(name: string, root?: string): Promise<string | null>;
