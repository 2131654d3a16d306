/**
 * How `action/{Name}` reaches a service (reference 02 section 8): every action stands in the query; services that speak
 * JSON also want it in `X-Amz-Target`, and those of the Query protocol the version of their API.
 */

export interface JsonProtocol {
  /** `X-Amz-Target` is `{targetPrefix}.{action}`. */
  targetPrefix: string;
  contentType: string;
}

function json(version: '1.0' | '1.1', targetPrefix: string): JsonProtocol {
  return { targetPrefix, contentType: `application/x-amz-json-${version}` };
}

/**
 * By service, as integration URIs name it. EventBridge (`events`) is not here: its target is set by hand. SSM and SQS are
 * not either: API Gateway speaks the Query protocol to them.
 */
const JSON_PROTOCOLS: ReadonlyMap<string, JsonProtocol> = new Map([
  ['api.ecr', json('1.1', 'AmazonEC2ContainerRegistry_V20150921')],
  ['api.sagemaker', json('1.1', 'SageMaker')],
  ['athena', json('1.1', 'AmazonAthena')],
  ['codebuild', json('1.1', 'CodeBuild_20161006')],
  ['codepipeline', json('1.1', 'CodePipeline_20150709')],
  ['cognito-identity', json('1.1', 'AWSCognitoIdentityService')],
  ['cognito-idp', json('1.1', 'AWSCognitoIdentityProviderService')],
  ['comprehend', json('1.1', 'Comprehend_20171127')],
  ['dynamodb', json('1.0', 'DynamoDB_20120810')],
  ['ecs', json('1.1', 'AmazonEC2ContainerServiceV20141113')],
  ['firehose', json('1.1', 'Firehose_20150804')],
  ['glue', json('1.1', 'AWSGlue')],
  ['kinesis', json('1.1', 'Kinesis_20131202')],
  ['kms', json('1.1', 'TrentService')],
  ['logs', json('1.1', 'Logs_20140328')],
  ['rekognition', json('1.1', 'RekognitionService')],
  ['secretsmanager', json('1.1', 'secretsmanager')],
  ['states', json('1.0', 'AWSStepFunctions')],
  ['streams.dynamodb', json('1.0', 'DynamoDBStreams_20120810')],
  ['textract', json('1.1', 'Textract')],
  ['transcribe', json('1.1', 'Transcribe')],
  ['translate', json('1.1', 'AWSShineFrontendService_20170701')],
]);

/** Versions of Query APIs: a call that does not name one itself gets this one. */
const QUERY_VERSIONS: ReadonlyMap<string, string> = new Map([
  ['autoscaling', '2011-01-01'],
  ['cloudformation', '2010-05-15'],
  ['ec2', '2016-11-15'],
  ['elasticache', '2015-02-02'],
  ['elasticbeanstalk', '2010-12-01'],
  ['elasticloadbalancing', '2015-12-01'],
  ['email', '2010-12-01'],
  ['iam', '2010-05-08'],
  ['monitoring', '2010-08-01'],
  ['rds', '2014-10-31'],
  ['redshift', '2012-12-01'],
  ['sns', '2010-03-31'],
  ['sqs', '2012-11-05'],
  ['ssm', '2014-11-06'],
  ['sts', '2011-06-15'],
]);

/** Undefined: the service gets no target of its own. @param fullName subdomain included */
export function jsonProtocol(fullName: string): JsonProtocol | undefined {
  return JSON_PROTOCOLS.get(fullName);
}

/** Undefined: none is added. */
export function queryVersion(fullName: string): string | undefined {
  return QUERY_VERSIONS.get(fullName);
}

/** What goes before the host of an operation that has one of its own; empty: nothing. */
export function hostPrefix(fullName: string, action: string): string {
  return fullName === 'states' && (action === 'StartSyncExecution' || action === 'TestState') ? 'sync-' : '';
}
