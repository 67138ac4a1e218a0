export const featureFlags: Record<string, unknown> = {};
