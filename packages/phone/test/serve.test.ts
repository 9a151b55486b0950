import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createPhoneServer, type PhoneServer } from '../src/serve/create-phone-server.ts'
import { findMiniProgram } from '../src/serve/find-mini-program.ts'
import { replyHeader, requestHeader } from '../src/run/wire.ts'
import { writeProgram, type ProgramFolder } from './support/program.ts'

let folder: ProgramFolder
let phone: PhoneServer
beforeEach(() => {
  folder = writeProgram({
    'pages/a/a.wxml': '<view/>',
    'pages/a/a.wxss': '.a { color: red }',
    'images/dot.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'secret.txt': 'not for anybody',
  })
  phone = createPhoneServer({ root: folder.root, emulatorUrl: 'http://127.0.0.1:4180' })
})
afterEach(() => {
  phone.close()
  folder.remove()
})

const ask = (path: string, init?: RequestInit) =>
  phone.handler(new Request(`http://127.0.0.1:4100${path}`, init))

describe('the page of the phone', () => {
  it('is served with its code, from a clone as it is', async () => {
    const moved = await ask('/phone?person=li-hua')
    expect(moved.headers.get('location')).toBe('http://127.0.0.1:4100/phone/?person=li-hua')
    const page = await (await ask('/phone/')).text()
    const [, entry = ''] = /<script type="module" src="([^"]+)"/.exec(page) ?? []
    const code = await ask(entry)
    expect(code.headers.get('content-type')).toContain('text/javascript')
    expect(await code.text()).toContain('createPhone(')
    const module = await ask('/phone/modules/glass-easel-miniprogram-adapter.js')
    expect(await module.text()).toContain('from"glass-easel"')
  })

  it('[WB-3] loads nothing from elsewhere, and is in no frame of a stranger’s', async () => {
    const policy = (await ask('/phone/')).headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("connect-src 'self' http://127.0.0.1:4180")
    expect(policy).toContain("frame-ancestors 'self'")
    expect(policy).not.toContain("script-src 'self' 'unsafe-inline'")
  })

  it('gets the program, and its pictures, and no other file', async () => {
    expect(await (await ask('/phone/program.json')).json()).toMatchObject({ pages: ['pages/a/a'] })
    const picture = await ask('/phone/files/images/dot.svg')
    expect(picture.headers.get('content-security-policy')).toBe('sandbox')
    for (const path of [
      '/phone/files/secret.txt',
      '/phone/files/app.json',
      '/phone/files/..%2f..%2fetc/hosts',
      '/phone/files/no.png',
      '/phone/files/%ff.png',
      '/phone/code/../../package.json',
      '/phone/code/serve/create-phone-server.ts',
      '/phone/code/run/no.ts',
      '/phone/modules/sucrase.js',
      '/phone/nothing',
    ])
      expect([path, (await ask(path)).status]).toEqual([path, 404])
    expect((await ask('/phone/program.json', { method: 'PUT' })).status).toBe(405)
  })

  it('is for this machine alone, whatever a stranger’s name leads to', async () => {
    for (const host of ['evil.example', '127.0.0.1.evil.example', '10.0.0.7'])
      expect((await phone.handler(new Request(`http://${host}/phone/`))).status).toBe(403)
    for (const host of ['localhost:4100', 'a.localhost', '127.0.0.1', '[::1]:4100'])
      expect((await phone.handler(new Request(`http://${host}/phone/`))).status).toBe(200)
  })
})

describe('what the mini program sends', () => {
  it('goes on as it is, and comes back with every header', async () => {
    const asked: [string, RequestInit | undefined][] = []
    const server = createPhoneServer({
      root: folder.root,
      emulatorUrl: '',
      fetch: (target, init) => {
        asked.push([String(target), init])
        const headers = new Headers([
          ['x-own', '1'],
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
        ])
        return Promise.resolve(new Response('teapot', { status: 418, headers }))
      },
    })
    const head = {
      url: 'https://api.example/x',
      method: 'PUT',
      header: { referer: 'https://servicewechat.com/' },
      redirect: 'manual',
    }
    const reply = await server.handler(
      new Request('http://127.0.0.1/phone/send', {
        method: 'POST',
        headers: { [requestHeader]: encodeURIComponent(JSON.stringify(head)) },
        body: 'words',
      }),
    )
    expect(asked[0]?.[0]).toBe('https://api.example/x')
    expect(asked[0]?.[1]).toMatchObject({ method: 'PUT', headers: head.header, redirect: 'manual' })
    expect(await reply.text()).toBe('teapot')
    expect(JSON.parse(decodeURIComponent(reply.headers.get(replyHeader) ?? ''))).toMatchObject({
      status: 418,
      header: { 'x-own': '1' },
      cookies: ['a=1', 'b=2'],
    })
  })

  it('is nothing that a page of another origin could have sent on', async () => {
    const bare = await ask('/phone/send', { method: 'POST', body: 'x' })
    expect(bare.status).toBe(400)
    const preflight = await ask('/phone/send', { method: 'OPTIONS' })
    expect(preflight.status).toBe(405)
    const broken = await ask('/phone/send', { method: 'POST', headers: { [requestHeader]: '%' } })
    expect(broken.status).toBe(400)
  })
})

describe('the mini program of a folder', () => {
  it('is there, or where the project says, or nowhere', () => {
    expect(findMiniProgram(folder.root)).toEqual({ root: folder.root, appid: undefined })
    folder.write('project/project.config.json', '{"miniprogramRoot":"../","appid":"wx1"}')
    expect(findMiniProgram(`${folder.root}/project`)).toEqual({
      root: `${folder.root}/`,
      appid: 'wx1',
    })
    folder.write('broken/project.config.json', '{')
    expect(findMiniProgram(`${folder.root}/broken`)).toBeUndefined()
  })
})

describe('a change on disk', () => {
  async function follow() {
    const { body } = await ask('/phone/events')
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader()
    const next = async () => /event: (\w+)/.exec((await reader?.read())?.value ?? '')?.[1]
    expect(await next()).toBe('hello')
    return { next, close: () => reader?.cancel() }
  }

  it('is told: of styles as styles, of all else as a new program', async () => {
    const events = await follow()
    folder.write('pages/a/a.wxss', '.a { color: blue }')
    expect(await events.next()).toBe('styles')
    folder.write('pages/a/a.wxml', '<view>new</view>')
    expect(await events.next()).toBe('program')
    await events.close()
  })

  it('is told to nobody once the server is closed, which ends every stream', async () => {
    const events = await follow()
    phone.close()
    expect(await events.next()).toBeUndefined()
  })

  it('is not told where it changes nothing', async () => {
    const events = await follow()
    folder.write('pages/a/a.wxss', '.a { color: red }')
    folder.write('readme.md', 'words')
    await new Promise((resolve) => setTimeout(resolve, 200))
    folder.write('pages/a/a.js', 'Page({})')
    expect(await events.next()).toBe('program')
    await events.close()
  })
})
