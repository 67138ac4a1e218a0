import type { z } from 'zod';
import { dropsQuery, historyQuery, noQuery, pricesQuery, productPath, productsQuery } from './requests.ts';
import {
  dropListSchema,
  freshnessSchema,
  healthSchema,
  historySchema,
  pricesAtSchema,
  productListSchema,
  productSchema,
} from './responses.ts';

interface ApiRoute {
  readonly path: string;
  readonly summary: string;
  readonly pathParameters: z.ZodType | null;
  readonly query: z.ZodType;
  /** Null: the OpenAPI document itself. */
  readonly response: z.ZodType | null;
  /** Statuses besides 200, 400, 500 and 503. */
  readonly alsoAnswers: readonly number[];
}

const product = '/products/{marketplace}/{kind}/{externalId}';

/** Every route of the read API, all of them GET. Infrastructure, function and OpenAPI document are made from this list. */
export const apiRoutes = {
  products: {
    path: '/products',
    summary: 'Products by words of their title, by seller, by category, or all of them',
    pathParameters: null,
    query: productsQuery,
    response: productListSchema,
    alsoAnswers: [],
  },
  product: {
    path: product,
    summary: 'One product with its offers',
    pathParameters: productPath,
    query: noQuery,
    response: productSchema,
    alsoAnswers: [404],
  },
  history: {
    path: `${product}/history`,
    summary: 'Price history of one product, by SKU and time: confirmed stretches, and the gaps between them',
    pathParameters: productPath,
    query: historyQuery,
    response: historySchema,
    alsoAnswers: [404],
  },
  prices: {
    path: `${product}/prices`,
    summary: 'What the SKUs of one product cost at an instant',
    pathParameters: productPath,
    query: pricesQuery,
    response: pricesAtSchema,
    alsoAnswers: [404],
  },
  drops: {
    path: '/drops',
    summary: 'The biggest price drops of the last time',
    pathParameters: null,
    query: dropsQuery,
    response: dropListSchema,
    alsoAnswers: [],
  },
  freshness: {
    path: '/freshness',
    summary: 'How fresh the data of each marketplace is',
    pathParameters: null,
    query: noQuery,
    response: freshnessSchema,
    alsoAnswers: [],
  },
  health: {
    path: '/health',
    summary: 'Every dependency UP or DOWN, and 503 when the data is stale or cannot be read',
    pathParameters: null,
    query: noQuery,
    response: healthSchema,
    alsoAnswers: [],
  },
  openapi: {
    path: '/openapi.json',
    summary: 'This document',
    pathParameters: null,
    query: noQuery,
    response: null,
    alsoAnswers: [],
  },
} satisfies Record<string, ApiRoute>;
export type RouteId = keyof typeof apiRoutes;

/** As API Gateway names a route, in the template and in the events that it sends. */
export function routeKey(id: RouteId): string {
  return `GET ${apiRoutes[id].path}`;
}
