import { createHash, randomInt } from 'node:crypto'
import type { AppOptions, Clock } from '@kaimen/server'
import { blocked, failed, ok, say, skipped, type Finding } from './finding.ts'

type PushParts = {
  readonly publicUrl: string | undefined
  readonly clock: Clock
  readonly timeoutMs: number
}

type Push = NonNullable<AppOptions['push']>

/** Looks at what message push is set to, and asks the server as WeChat's console would. */
export async function checkPush(
  { app_id, push }: AppOptions,
  { publicUrl, clock, timeoutMs }: PushParts,
): Promise<readonly Finding[]> {
  if (!push) {
    return [
      skipped(
        'push_settings',
        say(
          'Message push is not set: WeChat cannot tell this server that somebody withdrew an authorisation or closed their account.',
          '没有设置消息推送：用户撤回授权或注销微信账号时，微信无法通知本服务器。',
        ),
      ),
    ]
  }
  const settings = checkShapes(push)
  if (settings.status === 'failed') {
    return [settings, blocked('push_url')]
  }
  if (publicUrl === undefined) {
    return [
      settings,
      skipped(
        'push_url',
        say(
          'The push URL was not asked: KAIMEN_PUBLIC_URL does not say where it is.',
          '未检查推送 URL：KAIMEN_PUBLIC_URL 没有给出可用的地址。',
        ),
      ),
    ]
  }
  const url = `${publicUrl}/v1/wechat/push/${app_id}`
  return [settings, await checkUrl(url, reveal(push.token), { clock, timeoutMs })]
}

const reveal = (text: Push['token']) => (typeof text === 'string' ? text : text.reveal())

function checkShapes({ token, encoding_aes_key: key }: Push): Finding {
  if (!/^[A-Za-z0-9]{3,32}$/.test(reveal(token))) {
    return failed(
      'push_settings',
      say(
        'The Token of message push is not 3 to 32 letters and digits.',
        '消息推送的 Token 不是 3 到 32 位字母或数字。',
      ),
      say(
        'Copy push.token from the message-push page of WeChat’s console.',
        '请从微信后台的消息推送页面复制 push.token。',
      ),
    )
  }
  if (key !== undefined && !/^[A-Za-z0-9]{43}$/.test(reveal(key))) {
    return failed(
      'push_settings',
      say(
        'The EncodingAESKey of message push is not 43 letters and digits.',
        '消息推送的 EncodingAESKey 不是 43 位字母或数字。',
      ),
      say(
        'Copy push.encoding_aes_key from the message-push page of WeChat’s console; it has no = at its end.',
        '请从微信后台的消息推送页面复制 push.encoding_aes_key，末尾没有等号。',
      ),
    )
  }
  return ok(
    'push_settings',
    key === undefined
      ? say(
          'The Token of message push is well formed; without an EncodingAESKey only plain mode can be used.',
          '消息推送的 Token 格式正确；没有 EncodingAESKey，只能使用明文模式。',
        )
      : say(
          'The Token and EncodingAESKey of message push are well formed.',
          '消息推送的 Token 与 EncodingAESKey 格式正确。',
        ),
  )
}

async function checkUrl(
  url: string,
  token: string,
  { clock, timeoutMs }: Omit<PushParts, 'publicUrl'>,
): Promise<Finding> {
  const signal = AbortSignal.timeout(timeoutMs)
  const timestamp = String(Math.floor(clock.now() / 1000))
  let right: Reply
  let wrong: Reply
  try {
    right = await check(url, { token, timestamp, signal })
    wrong = await check(url, { token: `${token}x`, timestamp, signal })
  } catch {
    return skipped(
      'push_url',
      say(
        `${url} does not answer from here: the server is not running, or is not reached by this machine.`,
        `从本机访问 ${url} 没有应答：服务端没有运行，或本机无法访问该地址。`,
      ),
    )
  }
  if (right.echoes && !wrong.echoes) {
    return ok(
      'push_url',
      say(
        `${url} answers what WeChat signed, and refuses what it did not.`,
        `${url} 对微信签名的请求应答，对错误签名拒绝。`,
      ),
    )
  }
  return explainUrl(url, right)
}

type Reply = { readonly status: number; readonly echoes: boolean }

/** WeChat's GET, signed with `token`. */
async function check(
  url: string,
  { token, timestamp, signal }: { token: string; timestamp: string; signal: AbortSignal },
): Promise<Reply> {
  const nonce = String(randomInt(1_000_000_000))
  const echostr = String(randomInt(1_000_000_000))
  const signature = createHash('sha1')
    .update([token, timestamp, nonce].toSorted().join(''))
    .digest('hex')
  const query = new URLSearchParams({ signature, timestamp, nonce, echostr })
  const response = await fetch(`${url}?${query.toString()}`, { redirect: 'manual', signal })
  const text = await response.text()
  return { status: response.status, echoes: response.status === 200 && text === echostr }
}

function explainUrl(url: string, { status, echoes }: Reply): Finding {
  if (echoes) {
    return failed(
      'push_url',
      say(`${url} answers wrong signatures too.`, `${url} 对错误的签名也应答。`),
      say(
        'Something other than Kaimen answers there: let this path through to it.',
        '该地址由其他程序应答：请把此路径转发给 Kaimen。',
      ),
    )
  }
  if (status === 404) {
    return failed(
      'push_url',
      say(
        `${url} is not found: the server there has no push for this app.`,
        `${url} 返回 404：那里的服务端没有为该应用设置消息推送。`,
      ),
      say(
        'Restart the server with these settings, and let the proxy before it pass /v1/ through.',
        '请用当前设置重启服务端，并确认前面的代理转发 /v1/。',
      ),
    )
  }
  if (status === 400) {
    return failed(
      'push_url',
      say(
        `${url} refuses a right signature: the server there has another Token.`,
        `${url} 拒绝了正确的签名：那里的服务端使用的是另一个 Token。`,
      ),
      say('Restart the server with these settings.', '请用当前设置重启服务端。'),
    )
  }
  return failed(
    'push_url',
    say(
      `${url} answers with HTTP ${status} and not with the text that WeChat expects.`,
      `${url} 返回 HTTP ${status}，不是微信期望的内容。`,
    ),
    say(
      'See what stands before the server at this address: it has to pass /v1/ through, without redirects and pages of its own.',
      '请检查该地址前面的代理：它必须原样转发 /v1/，不能重定向或返回自己的页面。',
    ),
  )
}
