import type { Actor, Words } from './wire.ts'

const say = (zh: string, en: string): Words => ({ zh, en })

export const actors: Readonly<Record<Actor, Words>> = {
  'phone-1': say('手机一', 'Phone 1'),
  'phone-2': say('手机二', 'Phone 2'),
  desktop: say('浏览器', 'Browser'),
  terminal: say('终端', 'Terminal'),
  server: say('服务端', 'Server'),
  wechat: say('微信', 'WeChat'),
}

/** The lanes of the diagram from left to right. */
export const lanes: readonly { readonly name: Words; readonly of: readonly Actor[] }[] = [
  { name: actors['phone-1'], of: ['phone-1'] },
  { name: say('电脑', 'Computer'), of: ['desktop', 'terminal'] },
  { name: actors.server, of: ['server'] },
  { name: actors.wechat, of: ['wechat'] },
  { name: actors['phone-2'], of: ['phone-2'] },
]

export const words = {
  tagline: say('一次微信登录，看着它发生', 'A WeChat login, as it happens'),
  offline: say('全部在本机，微信由模拟器扮演', 'All on this machine; WeChat is emulated'),
  messages: say('消息', 'Messages'),
  views: say('看哪里', 'What to look at'),
  skip: say('跳到消息', 'Skip to the messages'),
  whose: say('谁的手机', 'Whose phone'),
  program: say('小程序', 'Mini program'),
  openProgram: say('即开即用', 'open to all'),
  phoneProgram: say('要求手机号', 'wants a phone'),
  empty: say(
    '在一台手机上点“登录”：每一条消息都会画在这里。点开箭头，看请求、答复和这一步的道理。',
    'Tap 登录 (sign in) on a phone: every message is drawn here. Open an arrow for the request, the reply, and the reason for that step.',
  ),
  request: say('请求', 'Request'),
  reply: say('答复', 'Reply'),
  nothing: say('没有内容', 'nothing in it'),
  waiting: say('还没有答复', 'no reply yet'),
  life: say('寿命', 'Life'),
  never: say('规矩', 'Rule'),
  characters: say('个字符', 'characters'),
  desktop: say('电脑网页', 'Web page'),
  desktopAbout: say('电脑上的网页，用手机扫码登录', 'A page on a computer, signed in to by a scan'),
  scanBy1: say('手机一扫码', 'Scan with phone 1'),
  scanBy2: say('手机二扫码', 'Scan with phone 2'),
  clear: say('清空', 'Clear'),
  age: say('时间快进', 'Age'),
  rotate: say('换 session_key', 'Rotate key'),
  break: say('弄坏微信', 'Break WeChat'),
  mend: say('修好微信', 'Mend WeChat'),
  end: say('结束登录', 'Revoke'),
  acts: say('在舞台上动手', 'What to try'),
  ofPhone: say('哪台手机', 'Which phone'),
  howLong: say('快进多久', 'How far'),
  howBroken: say('怎样坏', 'How'),
  noProgram: say('没有小程序可以运行', 'There is no mini program to run'),
  noProgramNext: say(
    '把 KAIMEN_MINI_PROGRAM 设为一个原生小程序的目录（里面有 app.json），再运行 kaimen dev。消息图照常工作，终端里的请求也会画出来。',
    'Set KAIMEN_MINI_PROGRAM to the folder of a native mini program (it has an app.json), and run kaimen dev again. The diagram works all the same: requests from a terminal are drawn too.',
  ),
  document: say('接口文档', 'Interface'),
  world: say('模拟世界', 'World'),
  console: say('控制台', 'Console'),
  sms: say('收到的短信', 'SMS'),
  other: say('English', '中文'),
  lost: say('和服务端断开了，正在重连…', 'The server is away; trying again…'),
} satisfies Record<string, Words>

export const spans: readonly { readonly seconds: number; readonly name: Words }[] = [
  { seconds: 360, name: say('6 分钟：code 过期', '6 min: codes end') },
  { seconds: 960, name: say('16 分钟：访问令牌过期', '16 min: access tokens end') },
  { seconds: 3 * 86_400, name: say('3 天：session_key 过期', '3 days: session_keys end') },
  { seconds: 31 * 86_400, name: say('31 天：登录过期', '31 days: sessions end') },
]

export const faults: readonly { readonly id: string; readonly name: Words }[] = [
  { id: 'down', name: say('网关 502', 'gateway, 502') },
  { id: 'busy', name: say('系统繁忙 -1', 'busy, -1') },
  { id: 'rate', name: say('调用太频繁 45011', 'too often, 45011') },
  { id: 'secret', name: say('AppSecret 错 40125', 'AppSecret, 40125') },
  { id: 'slow', name: say('慢 2 秒', '2 s late') },
  { id: 'hang', name: say('不答复', 'no answer') },
  { id: 'reset', name: say('连接重置', 'connection reset') },
]

export const notices = {
  aged: say('微信和服务端的时间都往前走了。', 'WeChat and the server are both ahead in time now.'),
  rotated: say(
    '微信换了 session_key，服务端还不知道。',
    'WeChat has another session_key, and the server does not know.',
  ),
  broken: say(
    '微信坏了：新的登录会失败，已登录的人不受影响。',
    'WeChat is broken: new sign-ins fail, and whoever is signed in stays so.',
  ),
  mended: say('微信好了。', 'WeChat works again.'),
  ended: say(
    '这个人的登录都结束了；手机下一次请求会被要求重新登录。',
    'This person’s sessions have ended; the phone’s next request has to sign in anew.',
  ),
  nobody: say('这台手机上还没有人登录。', 'Nobody has signed in on this phone yet.'),
  failed: say('没有做成。请看终端里的日志。', 'It did not work. See the log in the terminal.'),
  noCode: say('网页上还没有可扫的码。', 'There is no code on the page to scan.'),
  scanned: say('扫到了，请在手机上确认。', 'Scanned. Confirm on the phone.'),
} satisfies Record<string, Words>
