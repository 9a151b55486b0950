import { createHmac, hash } from 'node:crypto'
import { headerOf } from './gateway.ts'
import type { SmsRequest } from './gateway.ts'

/**
 * What is wrong with the signature of a request to Aliyun, or its AccessKeyId. Version 3,
 * ACS3-HMAC-SHA256:
 * https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
 */
export type Acs3Fault =
  | { readonly fault: 'incomplete' }
  | { readonly fault: 'key_unknown' }
  | { readonly fault: 'mismatch'; readonly stringToSign: string }

const shape =
  /^ACS3-HMAC-SHA256\s+Credential=([^,\s]+),\s*SignedHeaders=([^,\s]+),\s*Signature=([0-9a-f]{64})$/

const alwaysSigned = [
  'host',
  'x-acs-action',
  'x-acs-content-sha256',
  'x-acs-date',
  'x-acs-signature-nonce',
  'x-acs-version',
]

/** Computes the signature anew, from what arrived and from the secret of this AccessKeyId. */
export function checkAcs3(
  request: SmsRequest,
  secretOf: (accessKeyId: string) => string | undefined,
): Acs3Fault | undefined {
  const [, accessKeyId = '', signedHeaders = '', signature] =
    shape.exec(headerOf(request, 'authorization')) ?? []
  const signed = signedHeaders.split(';')
  if (!alwaysSigned.every((name) => signed.includes(name))) return { fault: 'incomplete' }
  // Whatever else is sent of these names has to be signed as well.
  const sent = Object.keys(request.headers).filter((name) => name.startsWith('x-acs-'))
  if (!sent.every((name) => signed.includes(name))) return { fault: 'incomplete' }
  const secret = secretOf(accessKeyId)
  if (secret === undefined) return { fault: 'key_unknown' }

  const payload = hash('sha256', request.body)
  const canonicalRequest = [
    request.method,
    '/',
    canonicalQuery(request.query),
    ...signed.toSorted().map((name) => `${name}:${headerOf(request, name)}`),
    '',
    signedHeaders,
    payload,
  ].join('\n')
  const stringToSign = `ACS3-HMAC-SHA256\n${hash('sha256', canonicalRequest)}`
  const expected = createHmac('sha256', secret).update(stringToSign).digest('hex')
  const isSound = signature === expected && headerOf(request, 'x-acs-content-sha256') === payload
  return isSound ? undefined : { fault: 'mismatch', stringToSign }
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&')
}

/** As RFC 3986 has it. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
