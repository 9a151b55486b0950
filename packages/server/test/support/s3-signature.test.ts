import { describe, expect, it } from 'vitest'
import { findSignatureFault, type SignedRequest } from './s3-signature.ts'

// The examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
const key = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  region: 'us-east-1',
}
const nowMs = Date.UTC(2013, 4, 24)
const credential =
  'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request'
const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const examples: Record<string, SignedRequest> = {
  'GET of an object': {
    method: 'GET',
    path: '/test.txt',
    headers: {
      host: 'examplebucket.s3.amazonaws.com',
      range: 'bytes=0-9',
      'x-amz-content-sha256': empty,
      'x-amz-date': '20130524T000000Z',
      authorization: `${credential},SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41`,
    },
    body: Buffer.alloc(0),
  },
  'PUT of an object': {
    method: 'PUT',
    path: '/test$file.text',
    headers: {
      host: 'examplebucket.s3.amazonaws.com',
      date: 'Fri, 24 May 2013 00:00:00 GMT',
      'x-amz-content-sha256': '44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072',
      'x-amz-date': '20130524T000000Z',
      'x-amz-storage-class': 'REDUCED_REDUNDANCY',
      authorization: `${credential},SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd`,
    },
    body: Buffer.from('Welcome to Amazon S3.'),
  },
  'list of objects': {
    method: 'GET',
    path: '/?max-keys=2&prefix=J',
    headers: {
      host: 'examplebucket.s3.amazonaws.com',
      'x-amz-content-sha256': empty,
      'x-amz-date': '20130524T000000Z',
      authorization: `${credential},SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7`,
    },
    body: Buffer.alloc(0),
  },
}

describe.each(Object.entries(examples))(
  'the signature of Amazon’s example, a %s,',
  (_, request) => {
    const check = (change: Partial<SignedRequest>, secretAccessKey = key.secretAccessKey) =>
      findSignatureFault({ ...request, ...change }, { ...key, secretAccessKey }, nowMs)

    it('is right', () => {
      expect(check({})).toBeUndefined()
    })

    it('is wrong with any other method, path, header, body, key or time', () => {
      const { headers, path } = request
      expect(check({ method: 'DELETE' })).toBe('SignatureDoesNotMatch')
      expect(check({ path: `${path}x` })).toBe('SignatureDoesNotMatch')
      expect(check({ headers: { ...headers, host: 'other.s3.amazonaws.com' } })).toBe(
        'SignatureDoesNotMatch',
      )
      expect(check({ headers: { ...headers, 'x-amz-acl': 'public-read' } })).toBe('AccessDenied')
      expect(check({ headers: { ...headers, authorization: undefined } })).toBe('AccessDenied')
      expect(check({ body: Buffer.from('other') })).toBe('XAmzContentSHA256Mismatch')
      expect(check({}, 'another secret')).toBe('SignatureDoesNotMatch')
      expect(findSignatureFault(request, { ...key, accessKeyId: 'x' }, nowMs)).toBe(
        'InvalidAccessKeyId',
      )
      expect(findSignatureFault(request, { ...key, region: 'x' }, nowMs)).toBe(
        'AuthorizationHeaderMalformed',
      )
      expect(findSignatureFault(request, key, nowMs + 16 * 60_000)).toBe('RequestTimeTooSkewed')
      expect(findSignatureFault(request, key, nowMs + 14 * 60_000)).toBeUndefined()
    })
  },
)
