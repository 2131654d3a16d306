import { describe, expect, it } from 'vitest';
import { type AwsEndpointSettings, serviceEndpoint } from '../../src/aws/endpoints.js';
import { parseServiceUri } from '../../src/integrations/aws-service/service-uri.js';

const AWS: AwsEndpointSettings = { endpoints: {} };

function endpointOf(uri: string, settings = AWS) {
  const address = parseServiceUri(uri, 'us-east-1');
  if (address === undefined) throw new Error(`${uri} is no service URI`);
  const { scheme, authority, basePath, signingName, signingRegion } = serviceEndpoint(settings, address);
  return [`${scheme}://${authority}${basePath}`, `${signingRegion}/${signingName}`];
}

describe("AWS's own endpoints", () => {
  it.each([
    ['eu-west-3:sqs:path/1/q', 'https://sqs.eu-west-3.amazonaws.com', 'eu-west-3/sqs'],
    ['us-west-2:s3:path/{key}', 'https://s3.us-west-2.amazonaws.com', 'us-west-2/s3'],
    ['us-west-2:my-bucket.s3:path/k', 'https://my-bucket.s3.us-west-2.amazonaws.com', 'us-west-2/s3'],
    ['us-east-1:iam:action/ListUsers', 'https://iam.amazonaws.com', 'us-east-1/iam'],
    ['eu-west-1:route53:path/x', 'https://route53.amazonaws.com', 'us-east-1/route53'],
    ['cn-north-1:iam:action/ListUsers', 'https://iam.cn-north-1.amazonaws.com.cn', 'cn-north-1/iam'],
    ['us-gov-west-1:iam:action/X', 'https://iam.us-gov.amazonaws.com', 'us-gov-west-1/iam'],
    ['cn-northwest-1:sqs:path/q', 'https://sqs.cn-northwest-1.amazonaws.com.cn', 'cn-northwest-1/sqs'],
    ['us-iso-east-1:sqs:path/q', 'https://sqs.us-iso-east-1.c2s.ic.gov', 'us-iso-east-1/sqs'],
    [
      'eu-west-1:abc.appsync-api:path/graphql',
      'https://abc.appsync-api.eu-west-1.amazonaws.com',
      'eu-west-1/appsync',
    ],
    [
      'eu-west-1:abc.execute-api:path/s/r',
      'https://abc.execute-api.eu-west-1.amazonaws.com',
      'eu-west-1/execute-api',
    ],
    [
      'eu-west-1:runtime.sagemaker:path/endpoints/e',
      'https://runtime.sagemaker.eu-west-1.amazonaws.com',
      'eu-west-1/sagemaker',
    ],
    ['eu-west-1:email:action/SendEmail', 'https://email.eu-west-1.amazonaws.com', 'eu-west-1/ses'],
    ['eu-west-1:data.iot:path/topics/t', 'https://data.iot.eu-west-1.amazonaws.com', 'eu-west-1/iotdata'],
    ['eu-west-1:states:action/StartExecution', 'https://states.eu-west-1.amazonaws.com', 'eu-west-1/states'],
    [
      'eu-west-1:states:action/StartSyncExecution',
      'https://sync-states.eu-west-1.amazonaws.com',
      'eu-west-1/states',
    ],
    [':sqs:path/q', 'https://sqs.us-east-1.amazonaws.com', 'us-east-1/sqs'],
  ])('arn:aws:apigateway:%s is %s, signed for %s', (rest, url, scope) => {
    expect(endpointOf(`arn:aws:apigateway:${rest}`)).toEqual([url, scope]);
  });
});

describe('endpoints that stand in for AWS', () => {
  const settings: AwsEndpointSettings = {
    endpoint: 'http://localhost:4566',
    endpoints: { sqs: 'https://queues.internal/base/', 'runtime.sagemaker': 'http://sm:1' },
  };

  it.each([
    ['eu-west-3:sns:path//', 'http://localhost:4566', 'eu-west-3/sns'],
    ['eu-west-3:sqs:path/1/q', 'https://queues.internal/base', 'eu-west-3/sqs'],
    ['eu-west-3:runtime.sagemaker:path/x', 'http://sm:1', 'eu-west-3/sagemaker'],
    ['eu-west-3:api.sagemaker:path/x', 'http://localhost:4566', 'eu-west-3/sagemaker'],
    ['eu-west-3:states:action/StartSyncExecution', 'http://localhost:4566', 'eu-west-3/states'],
    ['eu-west-3:my-bucket.s3:path/k', 'http://localhost:4566/my-bucket', 'eu-west-3/s3'],
    ['eu-west-3:iam:action/X', 'http://localhost:4566', 'us-east-1/iam'],
  ])('arn:aws:apigateway:%s is %s, signed for %s', (rest, url, scope) => {
    expect(endpointOf(`arn:aws:apigateway:${rest}`, settings)).toEqual([url, scope]);
  });

  it('must be URLs', () => {
    const wrong = { endpoint: 'localhost:4566', endpoints: {} };
    expect(() => endpointOf('arn:aws:apigateway:eu-west-3:sns:path//', wrong)).toThrow(
      'the AWS endpoint localhost:4566 is not a URL like http://localhost:4566',
    );
  });
});

describe('the URIs of services', () => {
  it.each([
    ['sns:path//', '/'],
    ['s3:path/{bucket}/{key}', '/{bucket}/{key}'],
    ['s3:path//{bucket}', '/{bucket}'],
    ['sqs:action/GetQueueUrl&QueueName={q}', '/?Action=GetQueueUrl&QueueName={q}'],
    ['dynamodb:action/PutItem', '/?Action=PutItem'],
    ['ec2:action/DescribeRegions?Version=2016-11-15', '/?Action=DescribeRegions&Version=2016-11-15'],
  ])('%s goes to %s', (rest, target) => {
    expect(parseServiceUri(`arn:aws:apigateway:eu-west-3:${rest}`, '')?.target).toBe(target);
  });

  it.each([
    'https://sqs.eu-west-3.amazonaws.com/',
    'arn:aws:lambda:eu-west-3:1:function:f',
    'arn:aws:apigateway:eu-west-3:lambda:path/2015-03-31/functions/f/invocations',
    'arn:aws:apigateway:eu-west-3:{service}:path/x',
    'arn:aws:apigateway:eu-west-3:{bucket}.s3:path/x',
    'arn:aws:apigateway:eu-west-3:evil.com/x?.s3:path/x',
    'arn:aws:apigateway:eu-west-3:sqs:action/',
  ])('%s is none', (uri) => {
    expect(parseServiceUri(uri, 'us-east-1')).toBeUndefined();
  });
});
