import { decodePush, verifyPushUrl, WechatDataError, type Push } from '@kaimen/wechat'
import type { App, PushSecrets } from '../app.ts'
import { minuteMs, secondMs } from '../clock.ts'
import { sha256 } from '../digest.ts'
import { KaimenError } from '../errors.ts'
import { deleteUser, eraseUser } from '../user/leave.ts'
import { withdrawData } from '../user/withdraw.ts'
import { readUpload } from './body.ts'
import type { Handler, HttpParts } from './handlers.ts'

/**
 * `GET /v1/wechat/push/{app_id}`: WeChat asks whose URL this is when it is entered in its console.
 *
 * @see https://developers.weixin.qq.com/miniprogram/dev/framework/server-ability/message-push.html
 */
export const checkPushUrl: Handler = ({ apps }, { request, params }) => {
  const push = apps.get(params['app_id'] ?? '')?.push
  if (!push) throw new KaimenError('not_found')
  return new Response(readEcho(push.token, new URL(request.url).searchParams), {
    headers: {
      'content-type': 'text/plain; charset=utf-8',
      // The echostr is not part of what is signed: whoever saw one such URL chooses what comes back.
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    },
  })
}

function readEcho(token: PushSecrets['token'], search: URLSearchParams): string {
  const read = (name: string) => search.get(name) ?? ''
  try {
    const echostr = verifyPushUrl({
      token,
      query: {
        signature: read('signature'),
        timestamp: read('timestamp'),
        nonce: read('nonce'),
        echostr: read('echostr'),
      },
    })
    if (/^[\x20-\x7e]{1,128}$/.test(echostr)) return echostr
  } catch (error) {
    if (!(error instanceof WechatDataError)) throw error
  }
  throw new KaimenError('data_invalid', {
    detail: {
      'zh-CN':
        '签名与本应用的推送 Token 不符，或 echostr 不正确。请核对微信后台与服务端配置的 Token。',
      en: 'The signature does not fit the push Token of this app, or the echostr is not right. Compare the Token in WeChat’s console with the one in the server’s settings.',
    },
  })
}

/** The largest push taken, in bytes; a real one has some hundred. */
const maxPushBytes = 256 * 1024
/** WeChat waits 5 s for an answer, and asks three times. */
const silenceMs = 6 * secondMs
/** After which whoever began is taken for dead. */
const busyMs = 6 * secondMs
const pollMs = 100
/** Longer than a push is taken by its signed time. */
const rememberMs = 30 * minuteMs

/**
 * `POST /v1/wechat/push/{app_id}`: WeChat tells that a person withdrew an authorisation, that data
 * of theirs has to go, or that they closed their account. Each push is done once.
 *
 * @see https://developers.weixin.qq.com/miniprogram/dev/framework/security.revokes.html
 */
export const receivePush: Handler = async (parts, { request, params }) => {
  const app = parts.apps.get(params['app_id'] ?? '')
  if (!app?.push) throw new KaimenError('not_found')
  const types = [(request.headers.get('content-type') ?? '').split(';', 1)[0]?.trim() ?? '']
  const { bytes } = await readUpload(request, { types, maxBytes: maxPushBytes })
  const push = readPush(parts, app, app.push, request, Buffer.from(bytes).toString('utf8'))
  try {
    await actOnce(parts, app, push)
  } catch (error) {
    // WeChat takes any answer for a receipt, and asks again only where it gets none.
    await parts.clock.sleep(silenceMs)
    throw error
  }
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }
  return new Response('success', { headers })
}

async function actOnce(parts: HttpParts, app: App, push: Push): Promise<void> {
  const { ephemeral, clock } = parts
  const key = `push/${app.app_id}/${sha256(push.id)}`
  for (let look = 0; !(await ephemeral.add(key, 'busy', busyMs)); look++) {
    if ((await ephemeral.get(key)) === 'done') return
    if (look * pollMs > busyMs) throw new KaimenError('unavailable')
    await clock.sleep(pollMs)
  }
  try {
    await act(parts, app, push)
    await ephemeral.set(key, 'done', rememberMs)
  } catch (error) {
    await ephemeral.take(key)
    throw error
  }
}

function readPush(
  { clock }: HttpParts,
  { app_id }: App,
  { token, encoding_aes_key }: PushSecrets,
  request: Request,
  body: string,
): Push {
  const query = Object.fromEntries(new URL(request.url).searchParams)
  const key = encoding_aes_key && { encodingAESKey: encoding_aes_key }
  try {
    return decodePush({ appid: app_id, token, ...key, query, body, nowMs: clock.now })
  } catch (error) {
    if (error instanceof WechatDataError) throw new KaimenError('data_invalid')
    throw error
  }
}

/** What is to go, by RevokeInfo; what else people can withdraw is not kept here. */
const revoked: ReadonlyMap<string, readonly ('nickname' | 'avatar' | 'phone')[]> = new Map([
  ['6', ['nickname', 'avatar']],
  ['8', ['phone']],
  ['19', ['nickname']],
  ['20', ['avatar']],
  ['205', ['nickname', 'avatar']],
])

async function act(parts: HttpParts, app: App, push: Push): Promise<void> {
  if (push.MsgType !== 'event' || push.OpenID === undefined) return
  const user = await findByOpenid(parts, app, push.OpenID)
  if (!user) return
  switch (push.Event ?? '') {
    case 'user_info_modified':
      return withdrawData(parts, user.id, app.app_id, ['nickname', 'avatar'])
    case 'user_authorization_revoke':
      // 301 is everything, of a website or an app.
      if (push.RevokeInfo === '301') return leave(parts, user.id)
      return withdrawData(parts, user.id, app.app_id, revoked.get(push.RevokeInfo ?? '') ?? [])
    case 'user_authorization_cancellation':
      return leave(parts, user.id)
    case undefined:
    default:
    // Of no concern to a login.
  }
}

async function findByOpenid({ store }: HttpParts, { app_id }: App, openid: string) {
  const wechat = { app_id, openid, open_platform: null, unionid: null }
  const { byOpenid } = await store.findUsers({ app_id, wechat, phone: null })
  return byOpenid
}

/** Nobody is left who could reconsider. */
async function leave(parts: HttpParts, id: number) {
  await deleteUser(parts, id, { by: 'wechat', reconsiderMs: 0 })
  await eraseUser(parts, id)
}
