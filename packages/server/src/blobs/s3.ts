/**
 * Blobs in an object storage that speaks S3, by Amazon's own SDK: `npm install @aws-sdk/client-s3`.
 * Amazon S3, Tencent Cloud COS (腾讯云对象存储), Aliyun OSS (阿里云对象存储) and MinIO do.
 *
 *     const blobs = createS3Blobs({ bucket, region, endpoint, accessKeyId, secretAccessKey })
 *
 * @module
 */

import { createRequire } from 'node:module'
import type * as sdk from '@aws-sdk/client-s3'
import type { Secret } from '@kaimen/wechat'
import * as v from 'valibot'
import { BlobStoreError, checkBlobName, type BlobAct, type BlobFault } from '../blob.ts'
import { checkOptions, loadSdk, sdkOptions } from '../sdk.ts'
import type { BlobStore } from '../store/blob-store.ts'

export { BlobStoreError } from '../blob.ts'
export type { BlobAct, BlobFault } from '../blob.ts'
export type { BlobStore } from '../store/blob-store.ts'

export type S3BlobsOptions = {
  /** With its APPID at COS, as in `avatars-1250000000`. */
  bucket: string
  /** As in `us-east-1`; `ap-guangzhou` at COS, `cn-hangzhou` at OSS, `us-east-1` at MinIO. */
  region: string
  /**
   * Where the storage is, without the bucket: an origin without a path, as in
   * `https://cos.ap-guangzhou.myqcloud.com` or `https://s3.oss-cn-hangzhou.aliyuncs.com`. By
   * `http:` pictures can be read and exchanged on the way, though no key can. Default: Amazon S3 in
   * `region`.
   */
  endpoint?: string | undefined
  /**
   * Of a user that may do nothing but `s3:PutObject`, `s3:GetObject` and `s3:DeleteObject` in this
   * bucket, and `s3:ListBucket` on it: without that one, S3 answers for a blob that is not there as
   * for one that may not be read.
   */
  accessKeyId: string
  secretAccessKey: string | Secret
  /** Whether the bucket is in the path and not in the host, as MinIO has it. Default `false`. */
  forcePathStyle?: boolean | undefined
  /** Before every name: folders, each with a slash after it, as in `avatars/`. Default: none. */
  prefix?: string | undefined
  /**
   * Where people's devices read the bucket, `prefix` and name then being appended: of a CDN, or of
   * a bucket that everybody may read. Must be `https:`, but for `localhost`, `127.0.0.1` and
   * `[::1]`. Default: they read through the server.
   */
  publicUrl?: string | undefined
  /** Longest time of one act, repeated tries included, in milliseconds, 100 to 60000. Default 5000. */
  timeoutMs?: number | undefined
}

const { text, secret, timeoutMs } = sdkOptions
const matching = (pattern: RegExp, must: string) => v.pipe(v.string(must), v.regex(pattern, must))
const flag = v.boolean('true or false')
const endpointMust = 'the origin of an https: or http: URL without a path'
const publicUrlMust =
  'an https: URL without query and fragment; http: only on localhost, 127.0.0.1 or [::1]'
const Options = v.strictObject({
  bucket: matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'the name of a bucket'),
  region: matching(/^[a-z0-9-]{1,64}$/, 'the name of a region'),
  endpoint: v.optional(
    v.pipe(
      v.string(endpointMust),
      v.check((endpoint) => {
        const url = parseUrl(endpoint)
        const isOrigin = url?.origin === endpoint.replace(/\/$/, '')
        return isOrigin && /^https?:$/.test(url.protocol)
      }, endpointMust),
    ),
  ),
  accessKeyId: text,
  secretAccessKey: secret,
  forcePathStyle: v.optional(flag, false),
  prefix: v.optional(
    matching(/^(?:[\w-]{1,64}\/){0,8}$/, 'folders of letters, digits, _ and -, a slash after each'),
    '',
  ),
  publicUrl: v.optional(
    v.pipe(
      v.string(publicUrlMust),
      v.check((publicUrl) => {
        const url = parseUrl(publicUrl)
        if (!url || url.username || url.password || /[?#]/.test(publicUrl)) return false
        const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
        return url.protocol === 'https:' || (url.protocol === 'http:' && isHere)
      }, publicUrlMust),
      v.transform((publicUrl) => publicUrl.replace(/\/+$/, '')),
    ),
  ),
  timeoutMs,
}) satisfies v.GenericSchema<S3BlobsOptions, unknown>

const sdkName = '@aws-sdk/client-s3'

/**
 * Rejects with {@link BlobStoreError} when the storage refuses or cannot be reached. Reads nothing
 * of the environment and of `~/.aws`, which the SDK would.
 *
 * @throws {@link ConfigError} When an option is missing, wrong, or misspelt, or the SDK is not
 *   installed.
 */
export function createS3Blobs(options: S3BlobsOptions): BlobStore {
  const checked = checkOptions('createS3Blobs', Options, options)
  const { bucket, region, prefix, publicUrl } = checked
  const { S3Client, PutObjectCommand, GetObjectCommand, DeleteObjectCommand } = loadSdk(
    'Keeping blobs in S3',
    sdkName,
    requireSdk,
  )
  const client = new S3Client({
    region,
    endpoint: checked.endpoint ?? amazonIn(region),
    forcePathStyle: checked.forcePathStyle,
    credentials: async () => ({
      accessKeyId: checked.accessKeyId,
      secretAccessKey: checked.secretAccessKey.reveal(),
    }),
    // COS and OSS refuse what the SDK adds otherwise, `aws-chunked` with a checksum at the end. The
    // signature covers the SHA-256 of the bytes all the same.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: checked.timeoutMs,
      requestTimeout: checked.timeoutMs,
      throwOnRequestTimeout: true,
    },
    // What is not said here the SDK looks up in the environment and in ~/.aws.
    maxAttempts: 3,
    retryMode: 'standard',
    defaultsMode: 'standard',
    authSchemePreference: ['sigv4'],
    sigv4aSigningRegionSet: [region],
    disableS3ExpressSessionAuth: true,
    useArnRegion: false,
    useDualstackEndpoint: false,
    useFipsEndpoint: false,
    userAgentAppId: async () => undefined,
  })
  let isClosed = false

  function locate(name: string) {
    if (isClosed) throw new Error('This blob store is closed')
    return { type: checkBlobName(name), object: { Bucket: bucket, Key: `${prefix}${name}` } }
  }

  /** Runs until the deadline, which the SDK's own sleep between two tries does not know. */
  async function perform<T>(act: BlobAct, work: (abortSignal: AbortSignal) => Promise<T>) {
    const controller = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(describeFailure(act, { name: 'Timeout' }))
        controller.abort()
      }, checked.timeoutMs)
    })
    const done = work(controller.signal).catch((error: unknown) => {
      throw describeFailure(act, error)
    })
    try {
      return await Promise.race([done, late])
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    async put(name, bytes) {
      const { object, type } = locate(name)
      const command = new PutObjectCommand({
        ...object,
        Body: bytes,
        ContentType: type,
        CacheControl: 'public, max-age=31536000, immutable',
      })
      await perform('put', async (abortSignal) => {
        const { ETag } = await client.send(command, { abortSignal })
        // What answers 200 to everything is no S3, and has kept nothing.
        if (ETag === undefined) throw Object.assign(new Error(), { name: 'NoETag' })
      })
    },

    async get(name) {
      const { object } = locate(name)
      return perform('get', async (abortSignal) => {
        try {
          const { Body } = await client.send(new GetObjectCommand(object), { abortSignal })
          return await Body?.transformToByteArray()
        } catch (error) {
          if (isMissing(error)) return undefined
          throw error
        }
      })
    },

    async delete(name) {
      const { object } = locate(name)
      await perform('delete', async (abortSignal) => {
        try {
          await client.send(new DeleteObjectCommand(object), { abortSignal })
        } catch (error) {
          if (!isMissing(error)) throw error
        }
      })
    },

    ...(publicUrl !== undefined && {
      url: (name: string) => `${publicUrl}/${locate(name).object.Key}`,
    }),

    async close() {
      isClosed = true
      client.destroy()
    },
  }
}

/** By `require`: it is loaded at once then, when the store is created. */
function requireSdk(): typeof sdk {
  return createRequire(import.meta.url)(sdkName) as typeof sdk
}

/** Said outright, or the SDK would take an endpoint out of the environment. */
function amazonIn(region: string): string {
  return `https://s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
}

function parseUrl(url: string): URL | undefined {
  return URL.canParse(url) ? new URL(url) : undefined
}

/** Only by its code: a 404 without one may be of anything that is not S3. */
function isMissing(error: unknown): boolean {
  return error instanceof Error && error.name === 'NoSuchKey'
}

/**
 * What the codes of https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and those
 * of Node ask of the operator; the first that fits.
 */
const advices: readonly (readonly [RegExp, BlobFault, string])[] = [
  [
    /^(?:InvalidAccessKeyId|SignatureDoesNotMatch|Auth(?!orizationHeaderMalformed)\w*)$/,
    'misconfigured',
    'The storage does not know the key: check accessKeyId, secretAccessKey and region.',
  ],
  [
    /^(?:AccessDenied|AllAccessDisabled|AccountProblem|Forbidden)$/,
    'misconfigured',
    'The key may not do this: let it s3:PutObject, s3:GetObject and s3:DeleteObject, and s3:ListBucket on the bucket.',
  ],
  [
    /^(?:NoSuchBucket|InvalidBucketName)$/,
    'misconfigured',
    'There is no such bucket there: check bucket, region and endpoint.',
  ],
  [
    /^(?:AuthorizationHeaderMalformed|PermanentRedirect|TemporaryRedirect|IllegalLocationConstraintException)$/,
    'misconfigured',
    'The bucket is elsewhere: check region and endpoint.',
  ],
  [
    /^RequestTimeTooSkewed$/,
    'misconfigured',
    'The clock of this machine is wrong: set it by a time server.',
  ],
  [
    /^(?:ENOTFOUND|\w*CERT\w*|NoETag)$/,
    'misconfigured',
    'What answers there is not the storage: check endpoint, region and certificate.',
  ],
  [
    /^(?:SlowDown|RequestTimeout|OperationAborted|\w*Throttl\w*|TooManyRequests\w*)$/,
    'unavailable',
    'The storage is busy: try again later.',
  ],
]

/**
 * The code of an error and the request's id, and nothing else of it: the SDK's own has the request
 * with its signature, and what the storage read of the key.
 */
function describeFailure(act: BlobAct, error: unknown): BlobStoreError {
  const { status, request_id, code } = readError(error)
  const found = advices.find(([pattern]) => pattern.test(code ?? ''))
  if (found) {
    const [, fault, advice] = found
    return new BlobStoreError(act, { fault, code, request_id, advice })
  }
  const isRefused = status !== undefined && status >= 300 && status < 500 && status !== 429
  return new BlobStoreError(act, {
    fault: isRefused ? 'misconfigured' : 'unavailable',
    code,
    request_id,
    advice: isRefused
      ? `The storage refused with status ${status}: check the options, and the storage's own log.`
      : 'The storage could not be reached, or gave no answer in time: try again later.',
  })
}

function readError(error: unknown) {
  const { $metadata, code, name } = v.parse(SdkError, error)
  return {
    status: $metadata?.httpStatusCode,
    request_id: quote($metadata?.requestId, /^[\w=-]{1,80}$/),
    code: quote(code, errorCode) ?? quote(name, errorCode),
  }
}

const maybe = <S extends v.GenericSchema>(schema: S) => v.fallback(v.optional(schema), undefined)
const SdkError = v.fallback(
  v.object({
    $metadata: maybe(v.object({ httpStatusCode: maybe(v.number()), requestId: maybe(v.string()) })),
    code: maybe(v.string()),
    name: maybe(v.string()),
  }),
  {},
)

/** As the SDK names errors, and Node: never a sentence. */
const errorCode = /^[A-Za-z]\w{0,63}$/

function quote(value: string | undefined, shape: RegExp): string | null {
  return value !== undefined && shape.test(value) ? value : null
}
