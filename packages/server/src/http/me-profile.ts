import { routes, UpdateMeBody } from '@kaimen/protocol'
import { typeOfBlob } from '../blob.ts'
import { KaimenError } from '../errors.ts'
import { readNickname } from '../user/nickname.ts'
import { readPicture, type PictureFault } from '../user/picture.ts'
import { changeAvatar, changeProfile } from '../user/profile.ts'
import { readBody, readUpload, refuseBody } from './body.ts'
import { caller } from './caller.ts'
import type { Handler } from './handlers.ts'
import { jsonResponse, userReply } from './reply.ts'

/** `PATCH /v1/me`, and `POST` for who cannot send that */
export const updateMe: Handler = async (parts, call) => {
  const { user } = await caller(parts, call)
  const { nickname, avatar_url } = await readBody(call.request, UpdateMeBody)
  const change = {
    ...(nickname !== undefined && { nickname: nickname && readNickname(nickname) }),
    ...(avatar_url !== undefined && { avatar: avatar_url }),
  }
  if (Object.keys(change).length === 0) {
    throw refuseBody({
      'zh-CN': '请提供 nickname，或用 avatar_url: null 移除头像。',
      en: 'Send a nickname, or avatar_url: null to take the picture away.',
    })
  }
  const changed = await changeProfile(parts, user.id, change)
  if (!changed) throw new KaimenError('user_disabled')
  return jsonResponse(userReply(parts, changed))
}

/** A picture of 1 MiB, and the headers of its part. */
const maxUploadBytes = 1024 * 1024 + 4096

/** `PUT /v1/me/avatar` */
export const setAvatar: Handler = async (parts, call) => {
  const { user } = await caller(parts, call)
  const types = routes.changeAvatar.upload
  const upload = await readUpload(call.request, { types, maxBytes: maxUploadBytes })
  const bytes =
    upload.type === 'multipart/form-data'
      ? await readFile(call.request, upload.bytes)
      : upload.bytes
  const picture = readPicture(bytes)
  if (typeof picture === 'string') throw refusePicture(picture)
  const changed = await changeAvatar(parts, user.id, bytes, picture)
  if (!changed) throw new KaimenError('user_disabled')
  return jsonResponse(userReply(parts, changed))
}

/** The only file of a form; fields beside it are passed over. */
async function readFile(request: Request, form: Uint8Array): Promise<Uint8Array> {
  const headers = { 'content-type': request.headers.get('content-type') ?? '' }
  const fields = await new Response(new Uint8Array(form), { headers })
    .formData()
    .catch(() => undefined)
  const files = [...(fields?.values() ?? [])].filter((value) => typeof value !== 'string')
  const [file] = files
  if (file && files.length === 1) return new Uint8Array(await file.arrayBuffer())
  throw refuseBody({
    'zh-CN': '表单里需要恰好一个文件：头像图片。',
    en: 'The form has to hold exactly one file: the picture.',
  })
}

function refusePicture(fault: PictureFault): KaimenError {
  switch (fault) {
    case 'unknown_type':
      return new KaimenError('media_type_unsupported', {
        detail: {
          'zh-CN': '头像必须是 PNG、JPEG 或 WebP 图片（按内容判断，与文件名无关）。',
          en: 'The picture has to be PNG, JPEG or WebP, by its content and not by its name.',
        },
      })
    case 'too_large':
      return new KaimenError('body_too_large', {
        detail: {
          'zh-CN': '头像最大 1 MiB，边长不超过 4096 像素。请压缩后重试。',
          en: 'A picture has 1 MiB and 4096 pixels a side at most. Make it smaller and try again.',
        },
      })
    case 'broken':
      return refuseBody({
        'zh-CN': '这个图片文件已损坏。请换一张重试。',
        en: 'This picture is broken. Choose another.',
      })
  }
}

/** `GET /v1/avatars/{name}` */
export const avatar: Handler = async ({ blobs }, { params }) => {
  const { name = '' } = params
  const type = typeOfBlob(name)
  const bytes = type && (await blobs.get(name))
  if (!bytes) throw new KaimenError('not_found')
  return new Response(new Uint8Array(bytes), {
    headers: {
      'content-type': type,
      'content-length': String(bytes.length),
      // A name has one content for good. The picture may be shown on pages of any site.
      'cache-control': 'public, max-age=31536000, immutable',
      'cross-origin-resource-policy': 'cross-origin',
      'access-control-allow-origin': '*',
      // Whatever else is in the file: never a page, never a script.
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
    },
  })
}
