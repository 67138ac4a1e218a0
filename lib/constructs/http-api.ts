import { CfnOutput, RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import {
  HttpApi as Api,
  HttpMethod,
  HttpStage,
  LogGroupLogDestination,
  PayloadFormatVersion,
} from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpIamAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers';
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { apiRoutes } from '../../functions/contract/api/routes.ts';
import type { StageConfig } from '../config/schema.ts';
import { logicalId, resourceName } from '../names.ts';
import type { NarxFunction } from './narx-function.ts';

/**
 * The read API of one storage domain: an HTTP API whose routes are those of the contract and no others, each for callers that
 * IAM allows only, throttled, with access logs (docs/decisions/0065).
 */
export class HttpApi extends Construct {
  constructor(
    scope: Construct,
    id: string,
    { config, domain, handler }: { config: StageConfig; domain: string; handler: NarxFunction },
  ) {
    super(scope, id);
    const name = resourceName(config, 'api', domain);
    const api = new Api(this, 'Api', {
      apiName: name,
      description: `Prices of the storage domain ${domain}, read only`,
      createDefaultStage: false,
      defaultAuthorizer: new HttpIamAuthorizer(),
    });
    const integration = new HttpLambdaIntegration('Handler', handler, {
      payloadFormatVersion: PayloadFormatVersion.VERSION_2_0,
    });
    for (const { path } of Object.values(apiRoutes))
      api.addRoutes({ path, methods: [HttpMethod.GET], integration });
    const logGroup = new LogGroup(this, 'AccessLog', {
      logGroupName: `/aws/apigateway/${name}`,
      retention: config.alarms.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    new HttpStage(this, 'Stage', {
      httpApi: api,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: config.api.requestsPerSecond, burstLimit: config.api.burst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(logGroup),
        // Who asked for what, and what it cost. Never the query: what people search for is theirs.
        format: AccessLogFormat.custom(
          JSON.stringify({
            at: '$context.requestTime',
            request: '$context.requestId',
            caller: '$context.identity.userArn',
            route: '$context.routeKey',
            status: '$context.status',
            latencyMs: '$context.responseLatency',
            bytes: '$context.responseLength',
            error: '$context.error.message',
          }),
        ),
      },
    });
    new CfnOutput(this, 'Address', {
      key: logicalId(domain, 'api', 'address'),
      description: `Read API of ${domain}`,
      value: api.apiEndpoint,
    });
  }
}
