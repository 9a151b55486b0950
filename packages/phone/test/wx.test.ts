import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { press, see, tap, waitFor } from './support/hand.ts'
import { openProgram, type OpenProgram } from './support/open-program.ts'

let program: OpenProgram
const plain = { 'pages/a/a.wxml': '<view/>' }
afterEach(() => program.close())

/** What a call with callbacks has called back with. */
function settle(start: (callbacks: object) => unknown): Promise<unknown[]> {
  return new Promise((resolve) => {
    const heard: unknown[] = []
    start({
      success: (result: unknown) => heard.push('success', result),
      fail: (error: unknown) => heard.push('fail', error),
      complete: () => resolve(heard),
    })
  })
}

describe('login', () => {
  it('gives a code of the emulator’s, by callbacks or by a promise', async () => {
    program = await openProgram(plain)
    const { wx } = program.phone
    expect(await settle((callbacks) => wx.login?.(callbacks))).toEqual([
      'success',
      { code: expect.any(String), errMsg: 'login:ok' },
    ])
    await expect(wx.checkSession?.()).resolves.toEqual({ errMsg: 'checkSession:ok' })
    expect(wx.getAccountInfoSync?.().miniProgram.envVersion).toBe('develop')
  })

  it('fails with WeChat’s words when the session is over, and where there is none', async () => {
    program = await openProgram(plain, { scene: 1154 })
    const { wx } = program.phone
    expect(await settle((callbacks) => wx.login?.(callbacks))).toEqual([
      'fail',
      expect.objectContaining({ errMsg: expect.stringMatching(/^login:fail /) }),
    ])
    await expect(wx.checkSession?.()).rejects.toMatchObject({
      errMsg: expect.stringMatching(/^checkSession:fail /),
    })
    expect(wx.getLaunchOptionsSync?.()).toMatchObject({ scene: 1154, apiCategory: 'browseOnly' })
  })
})

describe('request', () => {
  let server: Server
  let url: string
  beforeEach(async () => {
    server = createServer((incoming, outgoing) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => {
        if (incoming.url === '/slow') return
        outgoing.writeHead(incoming.url === '/404' ? 404 : 200, { 'x-own': '1' })
        const { method, url: path, headers } = incoming
        outgoing.end(
          JSON.stringify({ method, path, headers, body: Buffer.concat(chunks).toString() }),
        )
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    program = await openProgram(plain)
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  const request = (option: Omit<WechatMiniprogram.RequestOption, 'success'>) =>
    settle((callbacks) => program.phone.wx.request?.({ ...option, ...callbacks }))

  it('puts an object into the query, or into JSON, or into a form, as WeChat does', async () => {
    const data = { a: 1, b: '我 &' }
    expect(await request({ url: `${url}/x?y=1`, data })).toMatchObject([
      'success',
      { statusCode: 200, data: { method: 'GET', path: '/x?y=1&a=1&b=%E6%88%91%20%26', body: '' } },
    ])
    expect(await request({ url, method: 'POST', data })).toMatchObject([
      'success',
      { data: { headers: { 'content-type': 'application/json' }, body: JSON.stringify(data) } },
    ])
    const header = { 'Content-Type': 'application/x-www-form-urlencoded' }
    expect(await request({ url, method: 'POST', data, header })).toMatchObject([
      'success',
      { data: { body: 'a=1&b=%E6%88%91%20%26' } },
    ])
  })

  it('succeeds with every status, and says whose it is', async () => {
    const [outcome, result] = await request({ url: `${url}/404` })
    expect(outcome).toBe('success')
    expect(result).toMatchObject({
      statusCode: 404,
      header: { 'x-own': '1' },
      errMsg: 'request:ok',
    })
    expect(JSON.stringify(result)).toContain(
      'https://servicewechat.com/wx0a1b2c3d4e5f0001/devtools',
    )
  })

  it('gives bytes, and text that is not JSON', async () => {
    const [, bytes] = await request({ url, responseType: 'arraybuffer' })
    expect((bytes as { data: unknown }).data).toBeInstanceOf(ArrayBuffer)
    const [, text] = await request({ url, dataType: 'text' })
    expect(typeof (text as { data: unknown }).data).toBe('string')
  })

  it('fails when it is aborted, takes too long, goes nowhere, or the network is away', async () => {
    const aborted = settle((callbacks) =>
      program.phone.wx.request?.({ url: `${url}/slow`, ...callbacks })?.abort(),
    )
    expect(await aborted).toMatchObject(['fail', { errMsg: 'request:fail abort' }])
    expect(await request({ url: `${url}/slow`, timeout: 30 })).toMatchObject([
      'fail',
      { errMsg: 'request:fail timeout', errno: 5 },
    ])
    expect(await request({ url: '/relative' })).toMatchObject(['fail', { errno: 600009 }])
    expect(await request({ url: 'http://127.0.0.1:1' })).toMatchObject(['fail', { errno: 600001 }])
    program.phone.setOnline(false)
    expect(await request({ url })).toMatchObject(['fail', { errno: 600001 }])
    expect(await program.phone.wx.getNetworkType?.({})).toMatchObject({ networkType: 'none' })
  })

  it('calls back once, whatever comes after an abort', async () => {
    const heard: string[] = []
    const complete = () => heard.push('complete')
    const fail = () => heard.push('fail')
    const success = () => heard.push('success')
    const task = program.phone.wx.request?.({ url, success, fail, complete })
    task?.abort()
    task?.abort()
    await request({ url })
    await request({ url })
    expect(heard).toEqual(['fail', 'complete'])
  })

  it('uploads what was downloaded', async () => {
    const { wx } = program.phone
    const [, got] = await settle((callbacks) => wx.downloadFile?.({ url, ...callbacks }))
    const filePath = (got as { tempFilePath: string }).tempFilePath
    const [outcome, sent] = await settle((callbacks) =>
      wx.uploadFile?.({ url, filePath, name: 'file', formData: { more: 'x' }, ...callbacks }),
    )
    expect(outcome).toBe('success')
    const { body, headers } = JSON.parse((sent as { data: string }).data) as {
      body: string
      headers: Record<string, string>
    }
    expect(headers['content-type']).toMatch(/^multipart\/form-data; boundary=/)
    expect(body).toContain('name="more"')
    expect(body).toContain('filename="file-1')
    expect(wx.getFileSystemManager?.().readFileSync(filePath, 'utf8')).toContain('"method":"GET"')
  })
})

describe('storage', () => {
  it('keeps what JSON can, each person’s and each program’s apart', async () => {
    program = await openProgram(plain)
    const { wx } = program.phone
    wx.setStorageSync?.('a', { b: [1, 'x', true] })
    expect(wx.getStorageSync?.('a')).toEqual({ b: [1, 'x', true] })
    expect(wx.getStorageSync?.('missing')).toBe('')
    await expect(wx.getStorage?.({ key: 'missing' })).rejects.toMatchObject({
      errMsg: 'getStorage:fail data not found',
    })
    await wx.setStorage?.({ key: 'c', data: 3 })
    expect(wx.getStorageInfoSync?.().keys).toEqual(['a', 'c'])
    wx.removeStorageSync?.('a')
    await wx.clearStorage?.()
    expect(wx.getStorageInfoSync?.().keys).toEqual([])
    localStorage.setItem('kaimen-phone:wx0:other:storage:a', '1')
    expect(wx.getStorageSync?.('a')).toBe('')
  })

  it('keeps what is to be encrypted so that it cannot be read off the shelf', async () => {
    program = await openProgram(plain)
    const { wx } = program.phone
    await wx.setStorage?.({ key: 'secret', data: { word: 'sesame' }, encrypt: true })
    expect(await wx.getStorage?.({ key: 'secret', encrypt: true })).toMatchObject({
      data: { word: 'sesame' },
    })
    const shelf = Array.from({ length: localStorage.length }, (_, index) =>
      localStorage.getItem(localStorage.key(index) ?? ''),
    )
    expect(shelf.join()).not.toContain('sesame')
    expect(JSON.stringify(wx.getStorageSync?.('secret'))).not.toContain('sesame')
    await wx.setStorage?.({ key: 'open', data: 1 })
    await expect(wx.getStorage?.({ key: 'open', encrypt: true })).rejects.toBeDefined()
  })

  it('is full at a megabyte a key', async () => {
    program = await openProgram(plain)
    const { wx } = program.phone
    const big = 'x'.repeat(1024 * 1024)
    await expect(wx.setStorage?.({ key: 'big', data: big })).rejects.toMatchObject({
      errMsg: 'setStorage:fail entry size limit reached',
    })
    expect(() => wx.setStorageSync?.('big', big)).toThrow('entry size limit')
  })
})

describe('dialogs', () => {
  it('wait for the person', async () => {
    program = await openProgram(plain)
    const { wx } = program.phone
    const sure = wx.showModal?.({ title: 'Sure?', content: 'Really', confirmText: '好' })
    await press('好')
    expect(await sure).toMatchObject({ confirm: true, cancel: false })
    const unsure = wx.showModal?.({ title: 'Sure?' })
    await press('取消')
    expect(await unsure).toMatchObject({ confirm: false, cancel: true })
    const chosen = wx.showActionSheet?.({ itemList: ['one', 'two'] })
    await press('two')
    expect(await chosen).toMatchObject({ tapIndex: 1 })
    const none = wx.showActionSheet?.({ itemList: ['one'] })
    await Promise.all([
      expect(none).rejects.toMatchObject({ errMsg: 'showActionSheet:fail cancel' }),
      press('取消'),
    ])
  })

  it('come and go by themselves where nothing is asked', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      program = await openProgram(plain)
      const { wx } = program.phone
      await wx.showToast?.({ title: 'Saved', duration: 1000 })
      expect(see('.kp-toast').textContent).toContain('Saved')
      vi.advanceTimersByTime(999)
      expect(see('.kp-toast').textContent).toContain('Saved')
      vi.advanceTimersByTime(1)
      expect(document.querySelector('.kp-toast')).toBeNull()
      await wx.showLoading?.({ title: 'Wait' })
      vi.advanceTimersByTime(60_000)
      expect(see('.kp-toast').textContent).toBe('Wait')
      await wx.hideLoading?.({})
      expect(document.querySelector('.kp-toast')).toBeNull()
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('privacy', () => {
  const button = {
    'pages/a/a.wxml':
      '<button id="phone" open-type="getPhoneNumber" bindgetphonenumber="got"/><button id="yes" open-type="agreePrivacyAuthorization" bindagreeprivacyauthorization="agree"/><button id="both" open-type="getPhoneNumber|agreePrivacyAuthorization" bindgetphonenumber="got"/>',
    'pages/a/a.js': `const { note } = require('/note.js')
      Page({ got: ({ detail }) => note(detail.errMsg, detail.errno || '', detail.code ? 'code' : ''),
        agree() { this.answer && this.answer({ event: 'agree', buttonId: 'yes' }) },
        onLoad() { if (this.ask) wx.onNeedPrivacyAuthorization((resolve, { referrer }) => { note('asked for', referrer); this.answer = resolve }) } })`,
  }
  const asking = {
    ...button,
    'pages/a/a.js': button['pages/a/a.js'].replace('this.ask', 'true'),
  }

  it('is asked for by WeChat where the program does not, and not again for ten seconds', async () => {
    let now = 1_000_000
    program = await openProgram(button, {
      clock: {
        now: () => now,
        after: (ms, run) => {
          const timer = setTimeout(run, ms)
          return () => clearTimeout(timer)
        },
      },
    })
    await tap('#phone')
    await press('拒绝')
    await waitFor(() => expect(program.log()).toHaveLength(1))
    await tap('#phone')
    await waitFor(() => expect(program.log()).toHaveLength(2))
    expect(new Set(program.log())).toEqual(
      new Set(['getPhoneNumber:fail privacy permission is not authorized 104 ']),
    )
    now += 10_000
    await tap('#phone')
    await press('同意')
    await press('允许')
    await waitFor(() => expect(program.log().at(-1)).toBe('getPhoneNumber:ok  code'))
  })

  it('is the program’s to ask for, and the very button has to be tapped', async () => {
    program = await openProgram(asking)
    const { wx } = program.phone
    expect(await settle((callbacks) => wx.getPrivacySetting?.(callbacks))).toMatchObject([
      'success',
      { needAuthorization: true },
    ])
    const required = wx.requirePrivacyAuthorize?.({})
    await waitFor(() => expect(program.log()).toEqual(['asked for requirePrivacyAuthorize']))
    await tap('#yes')
    await expect(required).resolves.toMatchObject({ errMsg: 'requirePrivacyAuthorize:ok' })
    expect(await settle((callbacks) => wx.getPrivacySetting?.(callbacks))).toMatchObject([
      'success',
      { needAuthorization: false },
    ])
  })

  it('[WX-15] is not given by a program that says so for the person', async () => {
    program = await openProgram({
      ...plain,
      'pages/a/a.js':
        "Page({ onLoad() { wx.onNeedPrivacyAuthorization((resolve) => resolve({ event: 'agree', buttonId: 'yes' })) } })",
    })
    await expect(program.phone.wx.requirePrivacyAuthorize?.({})).rejects.toMatchObject({
      errMsg: 'requirePrivacyAuthorize:fail privacy permission is not authorized',
      errno: 104,
    })
  })

  it('is given by a button that joins it with an ability', async () => {
    program = await openProgram(button)
    await tap('#both')
    await press('允许')
    await waitFor(() => expect(program.log()).toEqual(['getPhoneNumber:ok  code']))
  })
})

describe('the phone', () => {
  it('has the measures of what it shows', async () => {
    program = await openProgram(plain)
    const { wx } = program.phone
    expect(wx.getWindowInfo?.()).toMatchObject({
      windowWidth: 375,
      windowHeight: 724,
      statusBarHeight: 44,
      safeArea: { top: 44, bottom: 778 },
    })
    expect(wx.getMenuButtonBoundingClientRect?.()).toMatchObject({ top: 48, right: 368, width: 87 })
    expect(wx.getSystemInfoSync?.()).toMatchObject({ model: 'iPhone X', platform: 'devtools' })
  })

  it('scans what is written, and gives up with the person', async () => {
    program = await openProgram(plain)
    const { wx } = program.phone
    const scanned = wx.scanCode?.({})
    const box = await waitFor(() => see('input:not([type=file])'))
    if (box instanceof HTMLInputElement) box.value = 'https://example.com/?t=1'
    await press('完成')
    expect(await scanned).toMatchObject({ result: 'https://example.com/?t=1', scanType: 'QR_CODE' })
    await Promise.all([
      expect(wx.scanCode?.({})).rejects.toMatchObject({ errMsg: 'scanCode:fail cancel' }),
      press('取消'),
    ])
  })

  it('tells of leaving and coming back, and of the network', async () => {
    program = await openProgram({
      ...plain,
      'app.js': `const { note } = require('./note.js')
        App({ onHide: () => note('app hidden') })
        wx.onAppShow(() => note('shown')); wx.onAppHide(() => note('hidden'))
        wx.onNetworkStatusChange(({ isConnected }) => note('online', isConnected))`,
    })
    program.phone.hide()
    program.phone.show()
    program.phone.setOnline(false)
    program.phone.setOnline(true)
    expect(program.log()).toEqual([
      'shown',
      'app hidden',
      'hidden',
      'shown',
      'online false',
      'online true',
    ])
  })
})
