import type { Problem } from '../../contract/api/values.ts';

const titles: Record<number, string> = {
  400: 'Bad request',
  404: 'Not found',
  500: 'Internal error',
  503: 'Temporarily unavailable',
};

/** An answer that is not what was asked for, with a sentence that says what to change. */
export class ApiProblem extends Error {
  readonly problem: Problem;

  constructor(status: 400 | 404 | 500 | 503, detail: string, errors?: Problem['errors']) {
    super(detail);
    this.problem = {
      type: 'about:blank',
      title: titles[status] ?? '',
      status,
      detail,
      ...(errors && { errors }),
    };
  }
}
