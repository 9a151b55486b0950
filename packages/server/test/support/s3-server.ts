import { createHash, randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { findSignatureFault, type S3Key } from './s3-signature.ts'

export type S3Object = { bytes: Uint8Array; type: string; cacheControl: string | undefined }

/**
 * - `hang`: no answer; `hang_after`: none, though it is done; `hang_inside`: none after half the
 *   body.
 * - `reset`: the connection is cut; `truncate`: after half the body.
 * - `page`: a page of something that is no S3, under status 200.
 */
export type S3Fault =
  | 'hang'
  | 'hang_after'
  | 'hang_inside'
  | 'reset'
  | 'truncate'
  | 'page'
  | { status: number; code?: string; headers?: Record<string, string> }

const statuses: Record<string, number> = {
  AuthorizationHeaderMalformed: 400,
  InvalidArgument: 400,
  XAmzContentSHA256Mismatch: 400,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  MethodNotAllowed: 405,
  NotImplemented: 501,
}

const key: S3Key & { bucket: string } = {
  bucket: 'avatars-1250000000',
  region: 'ap-guangzhou',
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
}

/**
 * As much of S3 as is for objects that are put, got and deleted, in memory. It checks each
 * signature, has the bucket in the path or in the host, and is as strict as the strictest of those
 * who say that they speak S3: no chunked signatures, no checksums beside it, no conditions.
 */
export async function openS3() {
  const objects = new Map<string, S3Object>()
  const faults: S3Fault[] = []
  const userAgents = new Set<string | undefined>()
  let requests = 0
  let nowMs = () => Date.now()

  const server = createServer((incoming, outgoing) => {
    handle(incoming, outgoing).catch(() => incoming.destroy())
  })

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    requests += 1
    userAgents.add(incoming.headers['user-agent'])
    const fault = faults.shift()
    outgoing.setHeader('date', new Date(nowMs()).toUTCString())
    const body = await buffer(incoming)
    if (fault === 'hang') return
    if (fault === 'reset') return void incoming.socket.destroy()
    if (fault === 'page') return void outgoing.end('<!doctype html><title>Welcome</title>')
    if (typeof fault === 'object') return refuse(outgoing, fault.code, fault.status, fault.headers)

    const { method = '', url: path = '' } = incoming
    const headers: Record<string, string | undefined> = {}
    for (const [name, value] of Object.entries(incoming.headers)) headers[name] = String(value)
    const strange = Object.keys(headers).find((name) =>
      /^(?:if-|x-amz-(?:checksum|sdk-checksum|trailer|decoded|acl))/.test(name),
    )
    if (strange !== undefined || headers['content-encoding'] !== undefined) {
      return refuse(outgoing, 'NotImplemented')
    }
    const wrong = findSignatureFault({ method, path, headers, body }, key, nowMs())
    if (wrong !== undefined) return refuse(outgoing, wrong)

    const inHost = headers.host?.startsWith(`${key.bucket}.`) === true
    const { pathname } = new URL(path, 'http://s3')
    const name = inHost ? `/${key.bucket}${pathname}` : pathname
    if (!name.startsWith(`/${key.bucket}/`)) return refuse(outgoing, 'NoSuchBucket')

    const found = objects.get(name)
    outgoing.setHeader('x-amz-request-id', randomUUID())
    if (method === 'PUT') {
      const { 'content-type': type = '', 'cache-control': cacheControl } = headers
      objects.set(name, { bytes: body, type, cacheControl })
      if (fault === 'hang_after') return
      outgoing.setHeader('etag', `"${createHash('md5').update(body).digest('hex')}"`).end()
    } else if (method === 'DELETE') {
      objects.delete(name)
      if (fault === 'hang_after') return
      outgoing.writeHead(204).end()
    } else if (method !== 'GET') {
      refuse(outgoing, 'MethodNotAllowed')
    } else if (found === undefined) {
      refuse(outgoing, 'NoSuchKey')
    } else {
      outgoing.setHeader('content-type', found.type).setHeader('content-length', found.bytes.length)
      if (fault !== 'hang_inside' && fault !== 'truncate') return void outgoing.end(found.bytes)
      outgoing.write(found.bytes.subarray(0, found.bytes.length / 2), () => {
        if (fault === 'truncate') incoming.socket.destroy()
      })
    }
  }

  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    options: { ...key, endpoint: `http://127.0.0.1:${port}`, forcePathStyle: true },
    /** By their paths, the bucket included. */
    objects,
    /** Each befalls one request, in turn. */
    faults,
    userAgents,
    get requests() {
      return requests
    },
    /** Sets its clock off by so much. */
    skew(milliseconds: number) {
      nowMs = () => Date.now() + milliseconds
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function refuse(
  outgoing: ServerResponse,
  code: string | undefined,
  status = statuses[code ?? ''] ?? 403,
  headers: Record<string, string> = {},
): void {
  outgoing.writeHead(status, {
    'content-type': 'application/xml',
    'x-amz-request-id': randomUUID(),
    ...headers,
  })
  // As S3 does, with what it read of the key.
  const { accessKeyId } = key
  outgoing.end(
    code &&
      `<?xml version="1.0"?><Error><Code>${code}</Code><Message>No: ${accessKeyId}</Message>` +
        `<AWSAccessKeyId>${accessKeyId}</AWSAccessKeyId></Error>`,
  )
}
