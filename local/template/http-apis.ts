import type { HttpApiSpec } from '../cloud-model.ts';
import { functionNameOf } from './compute.ts';
import type { Template } from './load.ts';
import { resourcesOf } from './properties.ts';
import type { ResolvedReferences } from './references.ts';

/** HTTP APIs whose routes invoke functions. A route that anybody may call is a fault of the template, not something to run. */
export function httpApisOf(template: Template, references: ResolvedReferences): HttpApiSpec[] {
  const integrations = new Map(
    resourcesOf(template, references, 'AWS::ApiGatewayV2::Integration').map(({ properties }) => [
      properties.logicalId,
      functionNameOf(properties.text('IntegrationUri')),
    ]),
  );
  const routes = resourcesOf(template, references, 'AWS::ApiGatewayV2::Route').map(({ properties }) => {
    const { logicalId } = properties;
    if (properties.text('AuthorizationType') !== 'AWS_IAM')
      throw new Error(`${logicalId} (AWS::ApiGatewayV2::Route) lets callers in without IAM.`);
    const functionName = integrations.get(properties.text('Target').replace('integrations/', ''));
    if (functionName === undefined) throw new Error(`${logicalId} has no integration with a function.`);
    return { api: properties.text('ApiId'), key: properties.text('RouteKey'), functionName };
  });
  return resourcesOf(template, references, 'AWS::ApiGatewayV2::Api').map(({ properties }) => ({
    logicalId: properties.logicalId,
    name: properties.text('Name'),
    routes: routes
      .filter(({ api }) => api === properties.logicalId)
      .map(({ key, functionName }) => ({ key, functionName })),
  }));
}
