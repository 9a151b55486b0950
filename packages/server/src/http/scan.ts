import {
  ScanBody,
  ScanTicketBody,
  type ErrorCode,
  type ScanBegun,
  type ScanClaimed,
  type ScanState,
} from '@kaimen/protocol'
import { getUnlimitedQRCode } from '@kaimen/wechat'
import type { App, Apps } from '../app.ts'
import {
  collectScan,
  countPicture,
  decideScan,
  findScan,
  issueScan,
  scanStatus,
  scanTicket,
  takeScan,
  type Approval,
  type Scan,
  type Scanner,
} from '../challenge/scan.ts'
import { secondMs } from '../clock.ts'
import { KaimenError } from '../errors.ts'
import { askInTime } from '../host.ts'
import { formatId } from '../id.ts'
import { findLiveSession } from '../session/authenticate.ts'
import { signInByScan } from '../sign-in/by-scan.ts'
import { explainWechat } from '../wechat-refusal.ts'
import { readBody } from './body.ts'
import { browserOf, nameBrowser, requireOwnPage } from './browser.ts'
import { appCaller, requireFresh } from './caller.ts'
import { describeBrowser } from './describe-browser.ts'
import { eventComment, eventResponse, wantsEvents, writeEvent } from './events.ts'
import { addressOf, limitByAddress, type Call, type Handler, type HttpParts } from './handlers.ts'
import { jsonResponse, userReply } from './reply.ts'
import { beginWebSession } from './web-session.ts'

/** Between two looks of a browser that polls. */
const pollSeconds = 2

/** `POST /v1/scan` */
export const beginScan: Handler = async (parts, call) => {
  const { request } = call
  requireOwnPage(parts, request)
  const [{ app_id }] = await Promise.all([
    readBody(request, ScanBody),
    limitByAddress(parts, call, 'scan'),
  ])
  const { app_id: confirmsIn } = chooseScanApp(parts.apps, app_id)
  const { browser, cookie } = nameBrowser(parts, request)
  const { id, expiresInMs } = await issueScan(parts, {
    app_id: confirmsIn,
    site: new URL(request.headers.get('origin') ?? parts.publicUrl).host,
    place: await placeOf(parts, call),
    device: describeBrowser(request.headers.get('user-agent')) ?? null,
    browser,
  })
  const body: ScanBegun = {
    id,
    qr_url: `${parts.publicUrl}/v1/scan/${id}/qr`,
    expires_in: inSeconds(expiresInMs),
    poll_interval: pollSeconds,
  }
  const response = jsonResponse(body, { status: 201 })
  response.headers.append('set-cookie', cookie)
  return response
}

type ScanApp = App & { readonly scan: NonNullable<App['scan']> }

const takesScans = (app: App | undefined): app is ScanApp => app !== undefined && app.scan !== null

function chooseScanApp(apps: Apps, app_id: string | undefined): ScanApp {
  const [only, ...more] = [...apps.values()].filter(takesScans)
  const app = app_id === undefined ? (more.length === 0 ? only : undefined) : apps.get(app_id)
  if (!takesScans(app)) throw new KaimenError('app_unknown')
  return app
}

/** How long the host may take to say where an address is: a person waits for the picture. */
const locateMs = 2 * secondMs

async function placeOf(parts: HttpParts, call: Call): Promise<string | null> {
  const address = addressOf(parts, call)
  const { locate } = parts.web
  if (address === undefined || !locate) return address ?? null
  try {
    const place: unknown = await askInTime(
      parts.clock,
      'web.locate',
      () => locate(address),
      locateMs,
    )
    return typeof place === 'string' ? tidyPlace(place) : null
  } catch (error) {
    parts.report('web.locate failed, so that a person is not shown where a scan comes from', error)
    return null
  }
}

/** Nothing in it may turn or hide what stands beside it. */
function tidyPlace(text: string): string | null {
  return text.slice(0, 128).replaceAll(/\p{C}/gu, '').trim() || null
}

/** `GET /v1/scan/{id}` */
export const scan: Handler = async (parts, call) => {
  const { request } = call
  requireOwnPage(parts, request)
  const id = call.params['id'] ?? ''
  const browser = browserOf(parts, request)
  if (wantsEvents(request)) {
    const first = await findScan(parts, id, browser)
    return eventResponse(follow(parts, first, request.signal, () => findScan(parts, id, browser)))
  }
  const found = await collectScan(parts, id, browser, (approval) => openSession(parts, approval))
  if ('scan' in found) return jsonResponse(stateReply(parts, found.scan))
  return signedIn(parts, request, found.session_id)
}

async function openSession(parts: HttpParts, approval: Approval): Promise<number> {
  const app = parts.apps.get(approval.app_id)
  // Configured no longer.
  if (!app) throw new KaimenError('scan_invalid')
  const device = approval.device ?? undefined
  const result = await signInByScan(parts, app, { approval, device, restore: undefined })
  if (result.status !== 'signed_in') throw new Error('Whoever approved is a user already')
  return result.session.id
}

async function signedIn(parts: HttpParts, request: Request, session_id: number): Promise<Response> {
  const { session, user } = await findLiveSession(parts, session_id).catch((error: unknown) => {
    // Signed out since: a scan signs in once.
    if (error instanceof KaimenError && error.code === 'session_ended') {
      throw new KaimenError('scan_done')
    }
    throw error
  })
  const body: ScanState = {
    status: 'signed_in',
    session_id: formatId('ses', session.id),
    user: userReply(parts, user),
  }
  return beginWebSession(parts, request, session, jsonResponse(body))
}

function stateReply(parts: HttpParts, scan: Scan): ScanState {
  const status = scanStatus(parts, scan)
  if (status !== 'waiting' && status !== 'claimed') return { status }
  return { status, expires_in: inSeconds(scan.expires_at - parts.clock.now()) }
}

const inSeconds = (milliseconds: number) => Math.ceil(milliseconds / secondMs)

const lookMs = 500
const silenceMs = 15 * secondMs

/** Tells each state once, until the last one; or until nobody listens, or the node is to stop. */
async function* follow(
  parts: HttpParts,
  first: Scan,
  gone: AbortSignal,
  look: () => Promise<Scan>,
): AsyncGenerator<string, void, undefined> {
  const over = AbortSignal.any([gone, parts.draining])
  let told: ScanState['status'] | undefined
  let silentMs = 0
  for (let scan: Scan | undefined = first; scan;) {
    const state = stateReply(parts, scan)
    if (state.status !== told) {
      told = state.status
      silentMs = 0
      yield writeEvent('state', state)
      if (told !== 'waiting' && told !== 'claimed') return
    } else if (silentMs >= silenceMs) {
      silentMs = 0
      yield eventComment
    }
    await parts.clock.sleep(lookMs, over)
    silentMs += lookMs
    // The browser asks again, and is told then what is wrong.
    scan = over.aborted ? undefined : await look().catch(passRefusal)
  }
}

function passRefusal(error: unknown): undefined {
  if (!(error instanceof KaimenError)) throw error
}

/** `GET /v1/scan/{id}/qr` */
export const scanPicture: Handler = async (parts, { request, params }) => {
  requireOwnPage(parts, request)
  const id = params['id'] ?? ''
  const { app_id } = await countPicture(parts, id, browserOf(parts, request))
  const app = parts.apps.get(app_id)
  if (!takesScans(app)) throw new KaimenError('scan_invalid')
  const { type, bytes } = await draw(parts, app, scanTicket(parts.ring, id))
  return new Response(new Uint8Array(bytes), {
    headers: {
      'content-type': type,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-site',
    },
  })
}

async function draw({ wechat, wechatTokens }: HttpParts, { app_id, scan }: ScanApp, scene: string) {
  try {
    return await wechatTokens.call(app_id, (access_token) =>
      getUnlimitedQRCode(wechat, { ...scan, access_token, scene, width: 430 }),
    )
  } catch (error) {
    throw explainWechat(error, codeOf)
  }
}

const byErrcode: Readonly<Record<number, ErrorCode>> = {
  [-1]: 'wechat_busy',
  45009: 'wechat_rate_limited',
  45011: 'wechat_rate_limited',
}

/** Whatever else WeChat answers here is about the app and its page, as 41030: not released. */
const codeOf = (errcode: number): ErrorCode => byErrcode[errcode] ?? 'wechat_config'

/** `POST /v1/scan/claim` */
export const claimScan: Handler = async (parts, call) => {
  const { by, ticket } = await scanner(parts, call)
  const { site, place, device, expires_at } = await takeScan(parts, ticket, by)
  const body: ScanClaimed = {
    site,
    place,
    device: device && [device.model, device.system].filter(Boolean).join(', '),
    expires_in: inSeconds(expires_at - parts.clock.now()),
  }
  return jsonResponse(body)
}

/** `POST /v1/scan/approve` */
export const approveScan: Handler = async (parts, call) => {
  const { authenticated, by, ticket } = await scanner(parts, call)
  // What comes of it counts as a fresh sign-in: an access token that leaked must not become one.
  requireFresh(parts, authenticated)
  await decideScan(parts, ticket, by, 'approved')
  return jsonResponse({})
}

/** `POST /v1/scan/reject` */
export const rejectScan: Handler = async (parts, call) => {
  const { by, ticket } = await scanner(parts, call)
  await decideScan(parts, ticket, by, 'rejected')
  return jsonResponse({})
}

/** Who scanned, by their access token: a cookie could be a page's, and no page scans. */
async function scanner(parts: HttpParts, call: Call) {
  const authenticated = await appCaller(parts, call)
  const { ticket } = await readBody(call.request, ScanTicketBody)
  const { session, user } = authenticated
  const by: Scanner = { app_id: session.app_id, user_id: user.id, session_id: session.id }
  return { authenticated, by, ticket }
}
