import { afterEach, describe, expect, it } from 'vitest'
import { press, expectText, see, tap, type, waitFor } from './support/hand.ts'
import { openProgram, type OpenProgram } from './support/open-program.ts'

let program: OpenProgram
afterEach(() => program.close())

const routes = () => program.phone.pages().map(({ route }) => route)
const data = () => program.phone.pages().at(-1)?.data
const expectLog = (entries: unknown[]) => waitFor(() => expect(program.log()).toEqual(entries))

describe('pages', () => {
  const noting = (name: string) => `
    const { note } = require('/note.js')
    const say = (what) => function (given) { note('${name}', what, given ? JSON.stringify(given) : '') }
    Page({ onLoad: say('load'), onShow: say('show'), onReady: say('ready'), onHide: say('hide'), onUnload: say('unload') })`

  it('live as in WeChat: loaded, shown, ready, hidden, shown again, unloaded', async () => {
    program = await openProgram({
      'app.js': `const { note } = require('./note.js')
        App({ onLaunch: ({ path, scene }) => note('launch', path, scene), onShow: () => note('app shown') })`,
      'pages/a/a.wxml': '<navigator id="go" url="../b/b?x=1&y=%20">go</navigator>',
      'pages/a/a.js': noting('a'),
      'pages/b/b.wxml': '<view/>',
      'pages/b/b.js': noting('b'),
    })
    await tap('#go')
    await waitFor(() => expect(routes()).toEqual(['pages/a/a', 'pages/b/b']))
    program.phone.back()
    expect(program.log()).toEqual([
      'launch pages/a/a 1001',
      'app shown',
      'a load {}',
      'a show ',
      'a ready ',
      'a hide ',
      'b load {"x":"1","y":"%20"}',
      'b show ',
      'b ready ',
      'b unload ',
      'a show ',
    ])
  })

  it('are opened in each of the ways, and refused in WeChat’s words', async () => {
    program = await openProgram({
      'app.json': JSON.stringify({
        pages: ['pages/a/a', 'pages/b/b', 'pages/t/t'],
        tabBar: {
          list: [
            { pagePath: 'pages/a/a', text: 'one' },
            { pagePath: 'pages/t/t', text: 'two' },
          ],
        },
      }),
      'pages/a/a.wxml': '<view/>',
      'pages/b/b.wxml': '<view/>',
      'pages/t/t.wxml': '<view/>',
    })
    const { wx } = program.phone
    await wx.navigateTo?.({ url: '/pages/b/b' })
    await wx.redirectTo?.({ url: '/pages/b/b?2' })
    expect(routes()).toEqual(['pages/a/a', 'pages/b/b'])
    await wx.switchTab?.({ url: '/pages/t/t' })
    expect(routes()).toEqual(['pages/t/t'])
    see('[role=tab]').click()
    expect(routes()).toEqual(['pages/a/a'])
    await wx.reLaunch?.({ url: '/pages/b/b' })
    expect(routes()).toEqual(['pages/b/b'])
    await expect(wx.navigateBack?.({})).rejects.toMatchObject({
      errMsg: 'navigateBack:fail cannot navigate back at first page.',
    })
    await expect(wx.navigateTo?.({ url: '/pages/no/no' })).rejects.toMatchObject({
      errMsg: 'navigateTo:fail page "pages/no/no" is not found',
    })
    await expect(wx.navigateTo?.({ url: '/pages/t/t' })).rejects.toMatchObject({
      errMsg: 'navigateTo:fail can not navigateTo a tabbar page',
    })
    await expect(wx.switchTab?.({ url: '/pages/b/b' })).rejects.toMatchObject({
      errMsg: 'switchTab:fail can not switch to no-tabBar page',
    })
    for (let depth = 1; depth < 10; depth++) await wx.navigateTo?.({ url: '/pages/b/b' })
    await expect(wx.navigateTo?.({ url: '/pages/b/b' })).rejects.toMatchObject({
      errMsg: 'navigateTo:fail webview count limit exceed',
    })
    see('.kp-back').click()
    expect(routes()).toHaveLength(9)
  })

  it('keep a tab as it was, and show its badge', async () => {
    program = await openProgram({
      'app.json': JSON.stringify({
        pages: ['pages/a/a', 'pages/t/t'],
        tabBar: {
          list: [
            { pagePath: 'pages/a/a', text: 'one' },
            { pagePath: 'pages/t/t', text: 'two' },
          ],
        },
      }),
      'pages/a/a.wxml': '<view id="n" bindtap="more">{{n}}</view>',
      'pages/a/a.js': 'Page({ data: { n: 0 }, more() { this.setData({ n: this.data.n + 1 }) } })',
      'pages/t/t.wxml': '<view/>',
    })
    await tap('#n')
    await program.phone.wx.switchTab?.({ url: '/pages/t/t' })
    await program.phone.wx.setTabBarBadge?.({ index: 0, text: '3' })
    expect(see('.kp-tabs b').textContent).toBe('3')
    await program.phone.wx.switchTab?.({ url: '/pages/a/a' })
    await expectText('#n', /^1$/)
  })

  it('talk to the page that opened them', async () => {
    program = await openProgram({
      'pages/a/a.wxml': '<view/>',
      'pages/a/a.js': `const { note } = require('/note.js')
        Page({ onLoad() { wx.navigateTo({ url: '/pages/b/b', events: { answer: (it) => note('a hears', it) },
          success: ({ eventChannel }) => eventChannel.emit('question', 'why') }) } })`,
      'pages/b/b.wxml': '<view/>',
      'pages/b/b.js': `const { note } = require('/note.js')
        Page({ onLoad() { const channel = this.getOpenerEventChannel()
          channel.on('question', (it) => { note('b hears', it); channel.emit('answer', 'because') }) } })`,
    })
    await expectLog(['b hears why', 'a hears because'])
  })

  it('are entered as by a scan, from the first or the tenth', async () => {
    program = await openProgram({
      'app.js': `const { note } = require('./note.js'); App({ onShow: ({ scene }) => note('shown', scene) })`,
      'pages/a/a.wxml': '<view/>',
      'pages/b/b.wxml': '<view/>',
    })
    program.phone.enter('/pages/b/b?scene=x%3D1', 1047)
    expect(program.phone.pages().at(-1)?.options).toEqual({ scene: 'x%3D1' })
    expect(program.phone.wx.getEnterOptionsSync?.().scene).toBe(1047)
    expect(program.phone.wx.getLaunchOptionsSync?.().scene).toBe(1001)
    expect(program.log()).toEqual(['shown 1001', 'shown 1047'])
  })
})

describe('components', () => {
  it('have properties, observers, slots, lifetimes, behaviors and events', async () => {
    program = await openProgram({
      'pages/a/a.wxml':
        '<child id="child" size="{{size}}" bind:done="hear"><text id="inside">slot</text></child><view id="grow" bindtap="grow"/>',
      'pages/a/a.json': '{"usingComponents":{"child":"/child/child"}}',
      'pages/a/a.js': `const { note } = require('/note.js')
        Page({ data: { size: 1 }, grow() { this.setData({ size: 2 }) }, hear({ detail }) { note('heard', detail.twice) } })`,
      'child/child.json': '{"component":true}',
      'child/child.wxml': '<view class="box"><slot/></view><view id="twice">{{twice}}</view>',
      'child/child.js': `const { note } = require('/note.js')
        const shared = Behavior({ methods: { double(size) { return size * 2 } } })
        Component({
          behaviors: [shared], properties: { size: Number }, data: { twice: 0 },
          lifetimes: { attached() { note('attached') }, ready() { note('ready') }, detached() { note('detached') } },
          pageLifetimes: { show() { note('page shown') } },
          observers: { size(size) { this.setData({ twice: this.double(size) }); this.triggerEvent('done', { twice: this.data.twice }) } } })`,
    })
    await expectText('#inside', 'slot')
    await tap('#grow')
    await expectText('#twice', /^4$/)
    await program.phone.wx.reLaunch?.({ url: '/pages/a/a' })
    await waitFor(() => expect(program.log()).toContain('detached'))
    const log = program.log()
    expect(log.filter((entry) => entry !== 'heard 2').slice(0, 5)).toEqual([
      'attached',
      'page shown',
      'ready',
      'heard 4',
      'detached',
    ])
    expect(program.problems).toEqual([])
  })

  it('have styles of their own, and the page’s too where they ask for them', async () => {
    program = await openProgram({
      'pages/a/a.wxml': '<one/><other/>',
      'pages/a/a.json': '{"usingComponents":{"one":"/c/one","other":"/c/other"}}',
      'c/one.json': '{"component":true}',
      'c/one.wxml': '<view id="one" class="red"/>',
      'c/one.js': 'Component({})',
      'c/other.json': '{"component":true}',
      'c/other.wxml': '<view id="other" class="red"/>',
      'c/other.js': 'Component({ options: { addGlobalClass: true } })',
    })
    expect(see('#one').className).toMatch(/^c\d+--red$/)
    expect(see('#other').className.split(' ')).toEqual([
      'red',
      expect.stringMatching(/^c\d+--red$/),
    ])
  })

  it('that are pages have the query in their properties', async () => {
    program = await openProgram(
      {
        'pages/a/a.wxml': '<view id="n">{{n + 1}} {{word}}</view>',
        'pages/a/a.js': 'Component({ properties: { n: Number, word: String } })',
      },
      { path: '/pages/a/a?n=3&word=x' },
    )
    await expectText('#n', /^4 x$/)
  })

  it('are made by Component as pages too, and stand in a form as fields', async () => {
    program = await openProgram({
      'pages/a/a.wxml':
        '<form bindsubmit="send"><own name="own"/><button id="go" form-type="submit"/></form>',
      'pages/a/a.json': '{"usingComponents":{"own":"/own/own"}}',
      'pages/a/a.js': `const { note } = require('/note.js')
        Component({ methods: { onLoad() { note('loaded') }, send({ detail }) { note(JSON.stringify(detail.value)) } } })`,
      'own/own.json': '{"component":true}',
      'own/own.wxml': '<view/>',
      'own/own.js':
        "Component({ behaviors: ['wx://form-field'], lifetimes: { attached() { this.setData({ value: 7 }) } } })",
    })
    await tap('#go')
    await expectLog(['loaded', '{"own":7}'])
  })
})

describe('templates', () => {
  it('have wxs, of their own and from files that require each other', async () => {
    program = await openProgram({
      'pages/a/a.wxml': `<wxs module="own">module.exports = { add: function (a) { return a + 1 } }</wxs>
        <wxs module="far" src="./far.wxs"/>
        <view id="own">{{own.add(1)}}</view><view id="far">{{far.test('ab1')}}</view>`,
      'pages/a/far.wxs': "var near = require('./near.wxs'); module.exports = { test: near.test }",
      'pages/a/near.wxs':
        "module.exports = { test: function (text) { return getRegExp('[0-9]').test(text) ? 'yes' : 'no' } }",
    })
    await expectText('#own', /^2$/)
    await expectText('#far', /^yes$/)
  })

  it('import, include conditions, loops, keys and dates', async () => {
    program = await openProgram({
      'pages/a/a.wxml': `<import src="./t.wxml"/><template is="row" data="{{name: 'x'}}"/>
        <view id="list"><block wx:for="{{list}}" wx:for-item="each" wx:key="id"><text wx:if="{{each.id > 1}}">{{index}}:{{each.id}} </text></block></view>`,
      'pages/a/a.js': 'Page({ data: { list: [{ id: 1 }, { id: 2 }, { id: 3 }] } })',
      'pages/a/t.wxml': '<template name="row"><view id="row">{{name}}</view></template>',
    })
    await expectText('#row', /^x$/)
    await expectText('#list', /1:2\s*2:3/)
  })

  it('give an event its dataset, its mark and its touches, and stop it where it is caught', async () => {
    program = await openProgram({
      'pages/a/a.wxml':
        '<view bindtap="outer"><view id="bound" bindtap="inner" data-some-id="7" mark:m="8"/><view id="caught" catchtap="inner" data-some-id="9"/></view>',
      'pages/a/a.js': `const { note } = require('/note.js')
        Page({ outer: () => note('outer'), inner: ({ currentTarget, mark, touches, changedTouches, type }) =>
          note(type, currentTarget.dataset.someId, mark.m, touches.length, changedTouches.length) })`,
    })
    await tap('#bound')
    await tap('#caught')
    await expectLog(['tap 7 8 0 1', 'outer', 'tap 9  0 1'])
  })
})

describe('built-in components', () => {
  it('of a form give their values when it is submitted, and lose them when it is reset', async () => {
    program = await openProgram({
      'pages/a/a.wxml': `<form bindsubmit="send" bindreset="gone">
        <input id="name" name="name" value="{{name}}"/><textarea name="story" value="once"/>
        <switch id="on" name="on"/><slider name="size" value="30"/>
        <checkbox-group name="some"><checkbox id="c1" value="1"/><checkbox value="2" checked/></checkbox-group>
        <radio-group name="one"><label id="l"><radio value="x"/></label><radio value="y" checked/></radio-group>
        <button id="send" form-type="submit"/><button id="reset" form-type="reset"/></form>`,
      'pages/a/a.js': `const { note } = require('/note.js')
        Page({ data: { name: 'Li' }, send: ({ detail }) => note(JSON.stringify(detail.value)), gone: () => note('reset') })`,
    })
    await type('#name', 'Hua')
    await tap('#on')
    await tap('#c1')
    await tap('#l')
    await tap('#send')
    await tap('#reset')
    await tap('#send')
    await expectLog([
      '{"name":"Hua","story":"once","on":true,"size":30,"some":["1","2"],"one":"x"}',
      'reset',
      '{"name":"","story":"","on":false,"size":0,"some":[],"one":""}',
    ])
  })

  it('tell of their changes, and keep bound data with them', async () => {
    program = await openProgram({
      'pages/a/a.wxml':
        '<input id="box" model:value="{{text}}" bindinput="typed"/><switch id="on" bindchange="turned"/>',
      'pages/a/a.js': `const { note } = require('/note.js')
        Page({ data: { text: 'a' }, typed: ({ detail }) => note('typed', detail.value), turned: ({ detail }) => note('turned', detail.value) })`,
    })
    await type('#box', 'ab')
    expect(data()).toMatchObject({ text: 'ab' })
    await tap('#on')
    await tap('#on')
    await expectLog(['typed ab', 'turned true', 'turned false'])
  })

  it('hear nothing while they are disabled', async () => {
    program = await openProgram({
      'pages/a/a.wxml':
        '<button id="off" disabled="{{off}}" bindtap="hear"/><view id="free" bindtap="free"/>',
      'pages/a/a.js': `const { note } = require('/note.js')
        Page({ data: { off: true }, hear: () => note('tap'), free() { this.setData({ off: false }) } })`,
    })
    for (const kind of ['mousedown', 'mouseup'])
      see('#off').dispatchEvent(new MouseEvent(kind, { bubbles: true }))
    expect(program.log()).toEqual([])
    await tap('#free')
    await tap('#off')
    await expectLog(['tap'])
  })

  it('work by keyboard', async () => {
    program = await openProgram({
      'pages/a/a.wxml': '<button id="go" bindtap="hear">Go</button>',
      'pages/a/a.js': `const { note } = require('/note.js'); Page({ hear: () => note('tap') })`,
    })
    expect(see('#go').getAttribute('role')).toBe('button')
    expect(see('#go').tabIndex).toBe(0)
    see('#go').dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true }))
    await expectLog(['tap'])
  })

  it('pick of one list, of several, a time and a date', async () => {
    program = await openProgram({
      'pages/a/a.wxml': `<picker id="one" range="{{['a', 'b']}}" bindchange="hear"/>
        <picker id="time" mode="time" value="08:30" bindchange="hear"/>
        <picker id="date" mode="date" value="2024-02-29" start="2020-01-01" end="2025-12-31" bindchange="hear"/>`,
      'pages/a/a.js': `const { note } = require('/note.js'); Page({ hear: ({ detail }) => note(JSON.stringify(detail.value)) })`,
    })
    const turn = async (wheel: number, index: number) => {
      const wheels = await waitFor(() => {
        const found = document.querySelectorAll<HTMLSelectElement>('.kp-wheels select')
        expect(found.length).toBeGreaterThan(wheel)
        return found
      })
      const found = wheels[wheel]
      if (!found) throw new Error('there is no such wheel')
      found.selectedIndex = index
      found.dispatchEvent(new window.Event('change'))
    }
    await tap('#one')
    await turn(0, 1)
    await press('确定')
    await tap('#time')
    await press('确定')
    await tap('#date')
    // 2023 has no 29 February.
    await turn(0, 3)
    await press('确定')
    await tap('#one')
    await press('取消')
    await expectLog(['1', '"08:30"', '"2023-02-28"'])
  })
})

describe('what is wrong while it runs', () => {
  it('is shown with file and line, and the rest goes on', async () => {
    program = await openProgram({
      'app.js': `const { note } = require('./note.js'); App({ onError: (message) => note(message.split('\\n')[0]) })`,
      'pages/a/a.wxml':
        '<button id="throw" bindtap="fail"/><button id="later" bindtap="failLater"/><button id="call" bindtap="call"/><button id="fine" bindtap="fine">{{fine}}</button>',
      'pages/a/a.js': `Page({
  data: { fine: 'no' },
  fail() {
    throw new Error('first')
  },
  async failLater() {
    await null
    throw new Error('second')
  },
  call() {
    wx.openNothing({})
  },
  fine() { this.setData({ fine: 'yes' }) },
})`,
    })
    await tap('#throw')
    await tap('#later')
    await tap('#call')
    await tap('#fine')
    await expectText('#fine', 'yes')
    await waitFor(() => expect(program.problems).toHaveLength(3))
    expect(program.problems).toMatchObject([
      { kind: 'script_error', file: 'pages/a/a.js', line: 4, reason: 'Error: first' },
      { file: 'pages/a/a.js', line: 8, reason: 'Error: second' },
      {
        file: 'pages/a/a.js',
        line: 11,
        reason: expect.stringContaining("wx.canIUse('openNothing')"),
      },
    ])
    expect(see('.kp-problems').textContent).toContain('pages/a/a.js:4')
    expect(program.log()).toHaveLength(3)
    expect(program.phone.wx.canIUse?.('openNothing')).toBe(false)
    expect(program.phone.wx.canIUse?.('login')).toBe(true)
  })

  it('leaves what a broken wxs stands beside', async () => {
    program = await openProgram({
      'pages/a/a.wxml': '<wxs module="m">var = 1</wxs><view id="a">a</view>',
      'pages/b/b.wxml': '<view/>',
    })
    await expectText('#a', 'a')
    expect(program.problems).toMatchObject([{ kind: 'script_syntax', file: 'pages/a/a.wxml' }])
  })

  it('leaves the pages whose files are sound', async () => {
    program = await openProgram({
      'pages/a/a.wxml': '<view id="a">a</view><strange-one><text id="in">in</text></strange-one>',
      'pages/a/a.js': 'Page({ data: { b: } })',
      'pages/b/b.wxml': '<view id="b">{{b}}</view>',
      'pages/b/b.js': "Page({ data: { b: 'b' } })",
    })
    await expectText('#a', 'a')
    await expectText('#in', 'in')
    expect(program.problems.map(({ kind }) => kind)).toEqual([
      'component_unknown',
      'script_syntax',
      'script_error',
    ])
    await program.phone.wx.navigateTo?.({ url: '/pages/b/b' })
    await expectText('#b', 'b')
  })

  it('is a page that is not there, and the first one is opened instead', async () => {
    program = await openProgram({ 'pages/a/a.wxml': '<view/>' }, { path: '/pages/no/no' })
    expect(routes()).toEqual(['pages/a/a'])
    expect(program.problems).toMatchObject([{ kind: 'page_missing', reason: '/pages/no/no' }])
  })

  it('is no program at all', async () => {
    program = await openProgram({ 'app.json': '{ "pages": }' })
    expect(routes()).toEqual([])
    expect(see('.kp-problems').textContent).toContain('app.json:1')
  })

  it('is a module that nobody has', async () => {
    program = await openProgram({
      'pages/a/a.wxml': '<view/>',
      'pages/a/a.js': "\nconst nothing = require('./nothing')",
    })
    expect(program.problems).toMatchObject([
      {
        file: 'pages/a/a.js',
        line: 2,
        reason: expect.stringContaining("'./nothing' is not defined"),
      },
    ])
  })
})

it('a script finds nothing of the browser’s, as on a phone', async () => {
  program = await openProgram({
    'pages/a/a.wxml': '<view/>',
    'pages/a/a.js': `const { note } = require('/note.js')
      note(typeof window, typeof document, typeof localStorage, typeof fetch, typeof wx, typeof getApp, typeof setTimeout)`,
  })
  expect(program.log()).toEqual([
    'undefined undefined undefined undefined object function function',
  ])
})
