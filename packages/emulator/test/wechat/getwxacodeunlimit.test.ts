import { decode as decodeJpeg } from 'jpeg-js'
import { PNG } from 'pngjs'
import { expect, test } from 'vitest'
import { startServerApi } from '../server-api.ts'
import { liHua, miniProgram, readObject, serviceAccount } from '../start-emulator.ts'

type Api = Awaited<ReturnType<typeof startServerApi>>

async function startCodes() {
  const api = await startServerApi()
  const access_token = await api.tokenText()
  const draw = async (body: unknown) => {
    const url = `${api.url}/wxa/getwxacodeunlimit?access_token=${access_token}`
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    const response = await fetch(url, { method: 'POST', body: text })
    const type = response.headers.get('content-type')
    return { type, bytes: Buffer.from(await response.arrayBuffer()) }
  }
  return {
    ...api,
    draw,
    /** The errcode of what is refused; 0 for a picture. */
    errcodeOf: async (body: unknown) => {
      const { type, bytes } = await draw(body)
      return type?.startsWith('image/') ? 0 : readObject(bytes.toString()).errcode
    },
  }
}

function scan(api: Api, what: object, person = liHua.id) {
  return api.control('POST', 'scan', { ...what, person })
}

const allowed = "azAZ09!#$&'()*+,/:;=?@-._~"

test('the picture is a JPEG from which a phone reads appid, page and scene', async () => {
  const api = await startCodes()
  const scene = allowed
  const { type, bytes } = await api.draw({ scene, page: 'pages/login/scan' })
  expect(type).toBe('image/jpeg')
  const { width, height } = decodeJpeg(bytes)
  expect([width, height]).toEqual([430, 430])
  const expected = { appid: miniProgram.appid, page: 'pages/login/scan', scene }
  const image = bytes.toString('base64')
  expect((await scan(api, { image })).body).toEqual(expected)
  expect((await scan(api, { image: `data:image/jpeg;base64,${image}` })).body).toEqual(expected)
  expect((await scan(api, { scene })).body).toEqual(expected)
})

test.each([280, 281, 777, 1280])(
  'a picture of %d pixels is that wide, and is read',
  async (width) => {
    const api = await startCodes()
    const { bytes } = await api.draw({ scene: 'x'.repeat(32), width, page: 'p'.repeat(64) })
    expect(decodeJpeg(bytes).width).toBe(width)
    const { body } = await scan(api, { image: bytes.toString('base64') })
    expect(body.scene).toBe('x'.repeat(32))
  },
)

test('with is_hyaline the picture is a PNG on nothing, and is read', async () => {
  const api = await startCodes()
  const line_color = { r: '200', g: 0, b: 60 }
  const { type, bytes } = await api.draw({ scene: 'a=1', is_hyaline: true, line_color })
  expect(type).toBe('image/png')
  const { data } = PNG.sync.read(bytes)
  expect([...data.subarray(0, 4)]).toEqual([0, 0, 0, 0])
  const inked = data.findIndex((byte, at) => at % 4 === 3 && byte === 255)
  expect([...data.subarray(inked - 3, inked)]).toEqual([200, 0, 60])
  const black = await api.draw({ scene: 'a=1', is_hyaline: true })
  for (const image of [bytes, black.bytes].map((each) => each.toString('base64'))) {
    expect((await scan(api, { image })).body).toEqual({
      appid: miniProgram.appid,
      page: 'pages/index/index',
      scene: 'a=1',
    })
  }
})

test.each([
  [40169, {}],
  [40169, { scene: '' }],
  [40169, { scene: 7 }],
  [40169, { scene: 'x'.repeat(33) }],
  [40129, { scene: 'a%20b' }],
  [40129, { scene: 'a b' }],
  [40129, { scene: '登录' }],
  [40129, { scene: 'a"b' }],
  [41030, { scene: 'a', page: '/pages/index/index' }],
  [41030, { scene: 'a', page: 'pages/index/index?a=1' }],
  [41030, { scene: 'a', page: '' }],
  [85096, { scene: 'scancode_time=1' }],
  [40097, { scene: 'a', env_version: 'beta' }],
  [40097, { scene: 'a', width: 279 }],
  [40097, { scene: 'a', width: 1281 }],
  [40097, { scene: 'a', width: '430' }],
  [40097, { scene: 'a', line_color: { r: 256 } }],
  [40097, { scene: 'a', line_color: null }],
  [47001, 'scene=a'],
  [44002, ''],
])('%d answers %j, as JSON in place of a picture', async (errcode, body) => {
  const api = await startCodes()
  expect(await api.errcodeOf(body)).toBe(errcode)
})

test.each(allowed.split(''))('the character %s is taken in a scene', async (character) => {
  const api = await startCodes()
  expect(await api.errcodeOf({ scene: character })).toBe(0)
})

test('check_path takes released pages alone, the first of which is home', async () => {
  const api = await startCodes()
  await api.switch({ released_pages: ['pages/home/home', 'pages/login/scan'] })
  expect(await api.errcodeOf({ scene: 'a', page: 'pages/login/scan' })).toBe(0)
  expect(await api.errcodeOf({ scene: 'a', page: 'pages/new/new' })).toBe(41030)
  expect(await api.errcodeOf({ scene: 'a', page: 'pages/new/new', check_path: false })).toBe(0)
  const { bytes } = await api.draw({ scene: 'a' })
  const { body } = await scan(api, { image: bytes.toString('base64') })
  expect(body.page).toBe('pages/home/home')
})

test('env_version takes release, trial and develop', async () => {
  const api = await startCodes()
  for (const env_version of ['release', 'trial', 'develop']) {
    expect(await api.errcodeOf({ scene: 'a', env_version })).toBe(0)
  }
})

test('more than 5000 codes a minute answer 45009, and so does the limit of the switch', async () => {
  const api = await startCodes()
  await api.switch({ quota: { getwxacodeunlimit_per_minute: 1 } })
  expect(await api.errcodeOf({ scene: 'a' })).toBe(0)
  expect(await api.errcodeOf({ scene: 'a' })).toBe(45009)
  await api.advance(60)
  expect(await api.errcodeOf({ scene: 'a' })).toBe(0)
})

test('a token of a service account answers 48001, none 41001, a GET 43002', async () => {
  const api = await startCodes()
  const path = '/wxa/getwxacodeunlimit'
  const other = { access_token: await api.tokenText(serviceAccount) }
  expect(await api.postJson(path, other, { scene: 'a' })).toHaveProperty('errcode', 48001)
  expect(await api.postJson(path, {}, { scene: 'a' })).toHaveProperty('errcode', 41001)
  const own = { access_token: await api.tokenText() }
  expect(await api.get(path, own)).toHaveProperty('errcode', 43002)
})

test.each([
  ['neither image nor scene', {}, 400, 'field_invalid'],
  ['both', { image: 'x', scene: 'x' }, 400, 'field_invalid'],
  ['no picture', { image: 'aGVsbG8=' }, 400, 'image_unreadable'],
  ['an empty picture', { image: '' }, 400, 'image_unreadable'],
  ['a scene that no code has', { scene: 'nowhere' }, 404, 'scene_unknown'],
])('a scan of %s is refused', async (_, what, status, code) => {
  const api = await startCodes()
  const reply = await scan(api, what)
  expect([reply.status, reply.body.error]).toMatchObject([status, { code }])
})

test('a picture without a code is refused, and so is a code in a picture of more than 4 megapixels', async () => {
  const api = await startCodes()
  const refused = async (picture: Buffer) =>
    (await scan(api, { image: picture.toString('base64') })).body.error
  const white = new PNG({ width: 50, height: 50, fill: true })
  expect(await refused(PNG.sync.write(white))).toMatchObject({ code: 'image_unreadable' })
  const code = PNG.sync.read((await api.draw({ scene: 'a', is_hyaline: true })).bytes)
  const within = (side: number) => {
    const larger = new PNG({ width: side, height: side })
    PNG.bitblt(code, larger, 0, 0, code.width, code.height, 100, 100)
    return PNG.sync.write(larger)
  }
  expect(await refused(within(2000))).toBe(undefined)
  expect(await refused(within(2001))).toMatchObject({ code: 'image_unreadable' })
})

test('a scene leads where its latest code does, and a reset forgets it', async () => {
  const api = await startCodes()
  await api.draw({ scene: 's', page: 'pages/a' })
  await api.draw({ scene: 's', page: 'pages/b' })
  expect((await scan(api, { scene: 's' })).body.page).toBe('pages/b')
  await api.post('reset')
  expect((await scan(api, { scene: 's' })).status).toBe(404)
})
