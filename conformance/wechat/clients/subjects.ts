import type { Subject } from '../kit/case.ts'
import { betterAuth } from './better-auth.ts'
import { coWechatApi } from './co-wechat-api.ts'
import { coWechatOauth } from './co-wechat-oauth.ts'
import { logto } from './logto.ts'
import { nestWechat } from './nest-wechat.ts'
import { nodeEasywechat } from './node-easywechat.ts'
import { passportWechat } from './passport-wechat.ts'
import { pythonUrllib } from './python-urllib.ts'
import { tnwx } from './tnwx.ts'
import { wechatApi } from './wechat-api.ts'
import { wechatOauth } from './wechat-oauth.ts'

/** Every client that is tried. */
export const subjects: readonly Subject[] = [
  betterAuth,
  coWechatApi,
  coWechatOauth,
  logto,
  nestWechat,
  nodeEasywechat,
  passportWechat,
  pythonUrllib,
  tnwx,
  wechatApi,
  wechatOauth,
]
