import { Duration, RemovalPolicy, Tags, Validations } from 'aws-cdk-lib';
import { InstanceType, Port, type SecurityGroup, SubnetType } from 'aws-cdk-lib/aws-ec2';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import {
  CaCertificate,
  type CfnDBInstance,
  Credentials,
  DatabaseInstance,
  DatabaseInstanceEngine,
  DatabaseProxy,
  DefaultAuthScheme,
  ParameterGroup,
  PerformanceInsightRetention,
  PostgresEngineVersion,
  ProxyTarget,
  StorageType,
} from 'aws-cdk-lib/aws-rds';
import { Construct } from 'constructs';
import { plannedShare } from '../config/capacity.ts';
import type { StageConfig } from '../config/schema.ts';
import { logicalId, resourceName } from '../names.ts';
import type { NarxFunction } from './narx-function.ts';
import type { Network } from './network.ts';

export const databasePort = 5432;
export const masterUser = 'narx_master';

/** How long the proxy lets a client wait for a free connection: far below the 30 s of the functions that wait. */
const borrowTimeout = Duration.seconds(8);

/** Users that `db/<schema>/migrations` creates with the role `rds_iam`, one per function. */
export type DatabaseUser = 'narx_store' | 'narx_due' | 'narx_audit' | 'narx_api' | 'narx_archive';

/**
 * PostgreSQL 18 of one storage domain behind RDS Proxy. Application users log in with IAM tokens from end to end, the
 * master user too: there is no password.
 */
export class Database extends Construct {
  readonly instance: DatabaseInstance;
  readonly proxy: DatabaseProxy;
  readonly instanceName: string;
  readonly proxyName: string;
  readonly #proxyGroup: SecurityGroup;

  constructor(scope: Construct, id: string, config: StageConfig, domain: string, network: Network) {
    super(scope, id);
    const settings = config.storageDomains[domain];
    if (settings === undefined) throw new Error(`No storage domain ${domain}`);
    this.instanceName = resourceName(config, domain);
    this.proxyName = resourceName(config, domain);

    // Created before the instance, or RDS would make them without retention.
    const logGroups = ['postgresql', 'upgrade'].map(
      (log) =>
        new LogGroup(this, `${logicalId(log)}Log`, {
          logGroupName: `/aws/rds/instance/${this.instanceName}/${log}`,
          retention: config.alarms.logRetentionDays,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
    );
    const engine = DatabaseInstanceEngine.postgres({ version: PostgresEngineVersion.VER_18 });
    this.instance = new DatabaseInstance(this, 'Instance', {
      instanceIdentifier: this.instanceName,
      engine,
      instanceType: new InstanceType(settings.instanceType),
      databaseName: domain,
      credentials: Credentials.fromUsername(masterUser),
      // Keeps CDK from making a secret of its own; taken back below.
      manageMasterUserPassword: true,
      vpc: network.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroups: [network.closedSecurityGroup(this, 'InstanceGroup', `Database ${this.instanceName}`)],
      publiclyAccessible: false,
      port: databasePort,
      multiAz: settings.multiAz,
      storageType: StorageType.GP3,
      allocatedStorage: settings.allocatedStorageGb,
      maxAllocatedStorage: settings.maxStorageGb,
      storageEncrypted: true,
      iamAuthentication: true,
      caCertificate: CaCertificate.RDS_CA_RSA2048_G1,
      parameterGroup: new ParameterGroup(this, 'Parameters', {
        engine,
        description: `narx ${config.stage} ${domain}`,
        parameters: {
          'rds.force_ssl': '1',
          max_connections: String(settings.maxConnections),
          // Statements that are slower than this are worth a look (F06).
          log_min_duration_statement: '1000',
          log_lock_waits: '1',
        },
      }),
      backupRetention: Duration.days(settings.backupRetentionDays),
      copyTagsToSnapshot: true,
      deleteAutomatedBackups: false,
      autoMinorVersionUpgrade: true,
      enablePerformanceInsights: true,
      performanceInsightRetention: PerformanceInsightRetention.DEFAULT,
      cloudwatchLogsExports: ['postgresql', 'upgrade'],
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.instance.node.addDependency(...logGroups);
    const instance = this.instance.node.defaultChild as CfnDBInstance;
    instance.overrideLogicalId(logicalId(domain, 'database'));
    instance.manageMasterUserPassword = undefined;
    instance.masterUserAuthenticationType = 'iam-db-auth';
    Validations.of(this.instance).acknowledge({
      id: 'AwsSolutions::AwsSolutions-RDS11',
      reason:
        'The port is reachable from seven security groups of an isolated VPC; another number would hide nothing.',
    });
    if (!settings.multiAz)
      Validations.of(this.instance).acknowledge({
        id: 'AwsSolutions::AwsSolutions-RDS3',
        reason:
          'The configuration of this stage says so: fetched data waits in the queue while the instance restarts.',
      });
    Tags.of(this.instance).add('narx:domain', domain);

    this.#proxyGroup = network.closedSecurityGroup(this, 'ProxyGroup', `Proxy of ${this.instanceName}`);
    this.proxy = new DatabaseProxy(this, 'Proxy', {
      dbProxyName: this.proxyName,
      proxyTarget: ProxyTarget.fromInstance(this.instance),
      vpc: network.vpc,
      vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED },
      securityGroups: [this.#proxyGroup],
      defaultAuthScheme: DefaultAuthScheme.IAM_AUTH,
      requireTLS: true,
      borrowTimeout,
      idleClientTimeout: Duration.minutes(5),
      // The rest is for migrate and for an operator, who do not come through the proxy.
      maxConnectionsPercent: plannedShare * 100,
      maxIdleConnectionsPercent: 10,
      debugLogging: false,
    });
  }

  /** Network and login of one function as one user: through the proxy, and of the proxy to the instance. */
  grantConnect(client: NarxFunction, group: SecurityGroup, user: DatabaseUser): void {
    this.#proxyGroup.connections.allowFrom(group, Port.tcp(databasePort), `${user} to proxy`);
    this.proxy.grantConnect(client, user);
    this.instance.grantConnect(this.proxyRole, user);
  }

  /** Network and login of the one function that connects to the instance itself, as its master. */
  grantMaster(client: NarxFunction, group: SecurityGroup): void {
    this.instance.connections.allowFrom(group, Port.tcp(databasePort), 'migrate to database');
    this.instance.grantConnect(client, masterUser);
  }

  /** What the proxy logs in with. */
  private get proxyRole(): Role {
    return this.proxy.node.findChild('IAMRole') as Role;
  }
}
