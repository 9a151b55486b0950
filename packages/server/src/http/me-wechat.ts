import { WechatDataBody, type WechatSession } from '@kaimen/protocol'
import type { Secret } from '@kaimen/wechat'
import { KaimenError } from '../errors.ts'
import { readOpenData, type OpenDataText } from '../flow/open-data.ts'
import { checkWechatSession as isHonoured } from '../flow/wechat-session.ts'
import { isLoginCode, proveByWechat } from '../flow/wechat.ts'
import type { Authenticated } from '../session/authenticate.ts'
import { openSessionKey, sealSessionKey } from '../user/session-key.ts'
import { readBody, refuseBody } from './body.ts'
import { caller } from './caller.ts'
import { chooseApp, type Handler, type HttpParts } from './handlers.ts'
import { jsonResponse } from './reply.ts'

/** The WeChat identity of the app that somebody is signed in to. */
type Identity = { readonly app_id: string; readonly openid: string }

/**
 * `POST /v1/me/wechat-data`. With a code WeChat is asked for the key that belongs to it; without
 * one the stored key has to fit, and where it does not the client is told to log in and ask again.
 */
export const wechatData: Handler = async (parts, call) => {
  const authenticated = await caller(parts, call)
  const { code, ...body } = await readBody(call.request, WechatDataBody)
  const text = readText(body)
  const identity = await identityOf(parts, authenticated)
  if (!identity) throw new KaimenError('session_key_stale')
  if (code !== undefined) {
    const session_key = await exchange(parts, authenticated, identity, code)
    const data = readOpenData(parts.clock, identity, session_key, text)
    if (!data) throw new KaimenError('data_invalid')
    return jsonResponse(data)
  }
  const session_key = await storedKey(parts, identity)
  const data = session_key && readOpenData(parts.clock, identity, session_key, text)
  if (!data) throw new KaimenError('session_key_stale')
  return jsonResponse(data)
}

/** `POST /v1/me/wechat-session/check` */
export const checkWechatSession: Handler = async (parts, call) => {
  const identity = await identityOf(parts, await caller(parts, call))
  const session_key = identity && (await storedKey(parts, identity))
  const valid = session_key ? await isHonoured(parts, identity, session_key) : false
  return jsonResponse({ valid } satisfies WechatSession)
}

function readText(body: Omit<WechatDataBody, 'code'>): OpenDataText {
  const { raw_data, signature, encrypted_data, iv } = body
  const isRawWhole = (raw_data === undefined) === (signature === undefined)
  const isSealedWhole = (encrypted_data === undefined) === (iv === undefined)
  const isNothing = raw_data === undefined && encrypted_data === undefined
  if (!isRawWhole || !isSealedWhole || isNothing) {
    throw refuseBody({
      'zh-CN': '请成对提供 raw_data 与 signature，或 encrypted_data 与 iv，至少一对。',
      en: 'Send raw_data with signature, or encrypted_data with iv; one pair at least.',
    })
  }
  return {
    ...(raw_data !== undefined && signature !== undefined && { raw: { raw_data, signature } }),
    ...(encrypted_data !== undefined && iv !== undefined && { sealed: { encrypted_data, iv } }),
  }
}

async function identityOf(
  { store }: HttpParts,
  { user, session }: Authenticated,
): Promise<Identity | undefined> {
  const identities = await store.listIdentities(user.id)
  return identities.find(({ app_id }) => app_id === session.app_id)
}

async function storedKey(
  { store, ring }: HttpParts,
  identity: Identity,
): Promise<Secret | undefined> {
  return openSessionKey(ring, identity, await store.findSessionKey(identity))
}

/** The key that comes with a fresh code, which has to be of the same person. */
async function exchange(
  parts: HttpParts,
  { user }: Authenticated,
  { app_id, openid }: Identity,
  code: string,
): Promise<Secret> {
  if (!isLoginCode(code)) throw new KaimenError('code_invalid')
  const proof = await proveByWechat(parts.wechat, chooseApp(parts.apps, app_id), code)
  if (proof.openid !== openid) throw new KaimenError('data_invalid')
  const { ring, random, clock, store } = parts
  const session_key = sealSessionKey(ring, random, proof, proof.session_key.reveal())
  const write = { user_id: user.id, app_id, openid, session_key, now_ms: clock.now() }
  if (!(await store.keepSessionKey(write))) throw new KaimenError('data_invalid')
  return proof.session_key
}
