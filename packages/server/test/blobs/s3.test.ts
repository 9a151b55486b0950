import { execFile } from 'node:child_process'
import dns from 'node:dns'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { BlobStoreError, createS3Blobs, type S3BlobsOptions } from '@kaimen/server/blobs/s3'
import { secret } from '@kaimen/wechat'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { everyPrint, findCanaries } from '../support/canary.ts'
import { openS3, type S3Fault } from '../support/s3-server.ts'
import type { S3ProcessOptions } from './s3-process.ts'

const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => index & 255)
/** Short enough to be waited for. */
const timeoutMs = 400
/** What a busy machine may add to a deadline. */
const slackMs = 2_000

let s3: Awaited<ReturnType<typeof openS3>>
beforeEach(async () => {
  s3 = await openS3()
})
afterEach(() => s3.close())

type Act = 'put' | 'get' | 'delete'

/** Acts on a blob that is there, and gives what came of it. */
async function attempt(act: Act, change: Partial<S3BlobsOptions> = {}): Promise<unknown> {
  const blobs = createS3Blobs({ ...s3.options, timeoutMs, ...change })
  try {
    return await (act === 'put' ? blobs.put('one.png', bytes) : blobs[act]('one.png'))
  } catch (error) {
    return error
  } finally {
    await blobs.close()
  }
}

async function attemptAfter(act: Act, faults: S3Fault[], change: Partial<S3BlobsOptions> = {}) {
  s3.faults.length = 0
  expect(await attempt('put', { timeoutMs: 10_000 })).toBeUndefined()
  s3.faults.push(...faults)
  return attempt(act, change)
}

const acts: Act[] = ['put', 'get', 'delete']
const times = <T>(count: number, value: T) => Array.from({ length: count }, () => value)

describe('blobs in S3', () => {
  it('are objects under the prefix, typed by their name, to be kept for good', async () => {
    const blobs = createS3Blobs({ ...s3.options, prefix: 'people/avatars/' })
    for (const name of ['one.png', 'two.jpg', 'three.webp']) await blobs.put(name, bytes)
    await blobs.close()
    const cacheControl = 'public, max-age=31536000, immutable'
    expect(Object.fromEntries(s3.objects)).toEqual({
      '/avatars-1250000000/people/avatars/one.png': {
        bytes: Buffer.from(bytes),
        type: 'image/png',
        cacheControl,
      },
      '/avatars-1250000000/people/avatars/two.jpg': expect.objectContaining({ type: 'image/jpeg' }),
      '/avatars-1250000000/people/avatars/three.webp': expect.objectContaining({
        type: 'image/webp',
      }),
    })
  })

  it('are found by the bucket in the host, as COS and OSS have it', async () => {
    const asked: string[] = []
    const { lookup } = dns
    const spy = vi.spyOn(dns, 'lookup').mockImplementation(((name: string, ...rest: [never]) => {
      asked.push(name)
      return lookup('127.0.0.1', ...rest)
    }) as typeof lookup)
    try {
      const endpoint = `http://cos.ap-guangzhou.test:${s3.port}`
      const change = { endpoint, forcePathStyle: false }
      expect(await attempt('put', change)).toBeUndefined()
      expect(await attempt('get', change)).toEqual(bytes)
      expect([...s3.objects.keys()]).toEqual(['/avatars-1250000000/one.png'])
      expect(new Set(asked)).toEqual(new Set(['avatars-1250000000.cos.ap-guangzhou.test']))
    } finally {
      spy.mockRestore()
    }
  })

  it('are at Amazon by default, whatever the environment says, whose hosts in China end otherwise', async () => {
    const asked: string[] = []
    const spy = vi.spyOn(dns, 'lookup').mockImplementation((name: string, ...rest: unknown[]) => {
      asked.push(name)
      const done = rest.at(-1) as (error: Error) => void
      process.nextTick(done, Object.assign(new Error('offline'), { code: 'ENOTFOUND' }))
    })
    vi.stubEnv('AWS_ENDPOINT_URL_S3', s3.options.endpoint)
    try {
      for (const region of ['eu-west-1', 'cn-north-1']) {
        const change = { endpoint: undefined, region, forcePathStyle: false }
        expect(await attempt('get', change)).toMatchObject({
          fault: 'misconfigured',
          code: 'ENOTFOUND',
        })
      }
      expect([...new Set(asked)]).toEqual([
        'avatars-1250000000.s3.eu-west-1.amazonaws.com',
        'avatars-1250000000.s3.cn-north-1.amazonaws.com.cn',
      ])
    } finally {
      spy.mockRestore()
      vi.unstubAllEnvs()
    }
  })

  it('have an address only where people may read the bucket', async () => {
    const at = (publicUrl: string | undefined) => {
      const blobs = createS3Blobs({ ...s3.options, prefix: 'people/', publicUrl })
      return blobs.url?.('one.png')
    }
    expect(at(undefined)).toBeUndefined()
    expect(at('https://cdn.example.com')).toBe('https://cdn.example.com/people/one.png')
    expect(at('https://cdn.example.com/a/b/')).toBe('https://cdn.example.com/a/b/people/one.png')
    expect(at('http://localhost:9000/bucket')).toBe('http://localhost:9000/bucket/people/one.png')
  })

  it.each([
    ['a wrong secret', { secretAccessKey: 'canary-secret' }, 'SignatureDoesNotMatch', 'check acc'],
    ['a wrong key', { accessKeyId: 'canary-key' }, 'InvalidAccessKeyId', 'check accessKeyId'],
    ['a wrong region', { region: 'us-east-1' }, 'AuthorizationHeaderMalformed', 'check region'],
    ['a wrong bucket', { bucket: 'other' }, 'NoSuchBucket', 'check bucket'],
  ])('call %s the operator’s to mend', async (_, change, code, advice) => {
    for (const act of acts) {
      const error = await attempt(act, change)
      expect(error).toBeInstanceOf(BlobStoreError)
      expect(error).toMatchObject({ fault: 'misconfigured', code })
      expect(String(error)).toContain(advice)
    }
    expect(s3.objects.size).toBe(0)
  })

  it.each(acts)('survive two faults that pass: %s', async (act) => {
    const faults: S3Fault[] = ['reset', { status: 503, code: 'SlowDown' }]
    const found = await attemptAfter(act, faults, { timeoutMs: 20_000 })
    expect(found).toEqual(act === 'get' ? bytes : undefined)
    expect(s3.objects.size).toBe(act === 'delete' ? 0 : 1)
  })

  const failures: [title: string, fault: S3Fault, expected: object, only?: Act][] = [
    [
      '500',
      { status: 500, code: 'InternalError' },
      { fault: 'unavailable', code: 'InternalError' },
    ],
    ['503', { status: 503, code: 'ServiceUnavailable' }, { fault: 'unavailable' }],
    ['a bare 502', { status: 502 }, { fault: 'unavailable' }],
    ['429', { status: 429, code: 'TooManyRequests' }, { fault: 'unavailable' }],
    [
      '403',
      { status: 403, code: 'AccessDenied' },
      { fault: 'misconfigured', code: 'AccessDenied' },
    ],
    ['a bare 403', { status: 403 }, { fault: 'misconfigured' }],
    ['a bare 404', { status: 404 }, { fault: 'misconfigured' }],
    ['a redirect', { status: 301, code: 'PermanentRedirect' }, { fault: 'misconfigured' }],
    ['hang', 'hang', { fault: 'unavailable', code: 'Timeout' }],
    ['an answer that is lost', 'hang_after', { fault: 'unavailable', code: 'Timeout' }],
    ['hang in the body', 'hang_inside', { fault: 'unavailable', code: 'Timeout' }, 'get'],
    ['a body that breaks off', 'truncate', { fault: 'unavailable' }, 'get'],
    ['reset', 'reset', { fault: 'unavailable', code: 'ECONNRESET' }],
    ['a page that is no S3', 'page', { fault: 'misconfigured', code: 'NoETag' }, 'put'],
    [
      'a wish to be asked in an hour',
      { status: 503, code: 'SlowDown', headers: { 'retry-after': '3600' } },
      { fault: 'unavailable' },
    ],
  ]
  const cases = failures.flatMap(([title, fault, expected, only]) =>
    acts
      .filter((act) => only === undefined || only === act)
      // Nothing is lost where a get was answered and its answer was not.
      .filter((act) => fault !== 'hang_after' || act !== 'get')
      .map((act) => ({ title, act, fault, expected })),
  )

  it.each(cases)('fail within the deadline at $title: $act', async ({ act, fault, expected }) => {
    const beganMs = performance.now()
    const error = await attemptAfter(act, times(5, fault))
    expect(performance.now() - beganMs).toBeLessThan(timeoutMs + slackMs)
    expect(error).toBeInstanceOf(BlobStoreError)
    expect(error).toMatchObject(expected)
  })

  it('say by which id the storage knows the request', async () => {
    const error = await attempt('get', { bucket: 'other' })
    expect(error).toMatchObject({ request_id: expect.stringMatching(/^[\da-f-]{36}$/) })
  })

  it('fail when there is nobody at the endpoint', async () => {
    const gone = await openS3()
    await gone.close()
    expect(await attempt('get', { endpoint: gone.options.endpoint })).toMatchObject({
      fault: 'unavailable',
      code: 'ECONNREFUSED',
    })
  })

  it('get over a clock that is wrong by hours, as the SDK measures it', async () => {
    s3.skew(5 * 60 * 60_000)
    expect(await attempt('put', { timeoutMs: 10_000 })).toBeUndefined()
  })

  it('ask for nothing in the name of another path', async () => {
    const blobs = createS3Blobs(s3.options)
    for (const name of ['../other/one.png', 'a/b.png', '?acl', 'one.png?acl']) {
      await expect(blobs.put(name, bytes)).rejects.toThrow('This is no name of a blob')
    }
    await blobs.close()
    expect(s3.requests).toBe(0)
  })

  it('[LG-1] let no key and no blob out, whatever goes wrong and however it is printed', async () => {
    const wrong = { secretAccessKey: secret('canary-secret'), accessKeyId: 'canary-key-id' }
    const printed: unknown[] = []
    for (const { act, fault } of cases) {
      printed.push(await attemptAfter(act, times(5, fault), { timeoutMs: 150 }))
    }
    for (const act of acts) printed.push(await attempt(act, wrong))
    printed.push(createS3Blobs({ ...s3.options, ...wrong }))
    const { accessKeyId, secretAccessKey } = s3.options
    const canaries = [accessKeyId, secretAccessKey, 'canary-', 'one.png', 'AWS4-HMAC'].map(
      (value) => ({ what: value, value }),
    )
    expect(printed.filter((each) => each instanceof BlobStoreError)).toHaveLength(cases.length + 3)
    expect(findCanaries(canaries, everyPrint(printed))).toEqual([])
  })

  it.each([
    [{ bucket: 'a/b' }, 'bucket has to be the name of a bucket'],
    [{ region: 'x.evil.example/' }, 'region has to be the name of a region'],
    [
      { endpoint: 'https://example.com/path' },
      'endpoint has to be the origin of an https: or http:',
    ],
    [{ endpoint: 'ftp://example.com' }, 'endpoint has to be the origin'],
    [{ endpoint: 'https://user:canary-value@example.com' }, 'endpoint has to be the origin'],
    [{ endpoint: 'canary-value' }, 'endpoint has to be the origin'],
    [{ prefix: 'avatars' }, 'prefix has to be folders'],
    [{ prefix: '../' }, 'prefix has to be folders'],
    [{ prefix: '/' }, 'prefix has to be folders'],
    [{ publicUrl: 'http://cdn.example.com' }, 'publicUrl has to be an https: URL'],
    [{ publicUrl: 'https://cdn.example.com?canary-value' }, 'publicUrl has to be an https: URL'],
    [{ publicUrl: 'https://a:canary-value@example.com' }, 'publicUrl has to be an https: URL'],
    [{ publicUrl: 'javascript:alert(1)' }, 'publicUrl has to be an https: URL'],
    [{ timeoutMs: 99 }, 'timeoutMs has to be a number from 100 to 60000'],
    [{ secretAccessKey: '' }, 'secretAccessKey has to be text or a Secret'],
    [{ forcePathstyle: true }, 'createS3Blobs has no option forcePathstyle'],
  ])('refuse %o, and do not repeat it', (change, message) => {
    const create = () => createS3Blobs({ ...s3.options, ...change })
    expect(create).toThrow(message)
    expect(create).not.toThrow('canary-value')
  })

  it('need bucket, region and key', () => {
    const { accessKeyId: _, ...rest } = s3.options
    expect(() => createS3Blobs(rest as S3BlobsOptions)).toThrow(
      'createS3Blobs: accessKeyId is missing.',
    )
  })

  it('work in a plain Node, which ends by itself, whatever its environment says of AWS', async () => {
    const env = {
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1',
      AWS_ACCESS_KEY_ID: 'other',
      AWS_SECRET_ACCESS_KEY: 'other',
      AWS_SESSION_TOKEN: 'other',
      AWS_REGION: 'other',
      AWS_PROFILE: 'none',
      AWS_CONFIG_FILE: '/nowhere',
      AWS_RETRY_MODE: 'nonsense',
      AWS_MAX_ATTEMPTS: 'nonsense',
      AWS_USE_FIPS_ENDPOINT: 'true',
      AWS_USE_DUALSTACK_ENDPOINT: 'true',
      AWS_REQUEST_CHECKSUM_CALCULATION: 'WHEN_SUPPORTED',
      AWS_S3_DISABLE_EXPRESS_SESSION_AUTH: 'nonsense',
      AWS_S3_USE_ARN_REGION: 'nonsense',
      AWS_DEFAULTS_MODE: 'nonsense',
      AWS_AUTH_SCHEME_PREFERENCE: 'sigv4a',
      AWS_SDK_UA_APP_ID: 'canary',
      HTTP_PROXY: 'http://127.0.0.1:1',
    }
    expect(await run({ env })).toEqual({ stdout: 'written', stderr: '' })
    expect([...s3.userAgents].join()).not.toContain('canary')
  })

  it('name the SDK that is not installed, and the command that installs it', async () => {
    const { stdout } = await run({ missing: '@aws-sdk/client-s3' })
    expect(stdout).toBe(
      'ConfigError: Keeping blobs in S3 needs the package @aws-sdk/client-s3, which is not installed. Install it: npm install @aws-sdk/client-s3',
    )
  })
})

/** Puts and gets in a process of its own, which has to end by itself. */
async function run({ env = {}, missing }: { env?: Record<string, string>; missing?: string }) {
  const options: S3ProcessOptions = { options: s3.options, missing }
  const program = join(import.meta.dirname, 's3-process.ts')
  const args = ['--conditions=@kaimen/source', program, JSON.stringify(options)]
  return promisify(execFile)(process.execPath, args, {
    timeout: 15_000,
    env: { ...process.env, ...env },
  })
}
