import { isIP } from 'node:net'
import { WechatInputError, WechatTransportError } from '@kaimen/wechat'
import type { Text, WechatError } from '@kaimen/wechat'
import type { Refusal } from './ask.ts'
import { failed, say, skipped, type Finding } from './finding.ts'

/** The three ways in which WeChat says that the caller is not on the IP whitelist. */
const ipErrcodes = [40164, 61004, 45035]

/** Says in plain words what WeChat, or the way to it, has against a question. */
export function explain(check: Finding['check'], refusal: Refusal): Finding {
  if (refusal instanceof WechatTransportError) return explainSilence(check, refusal)
  if (refusal instanceof WechatInputError) return explainInput(check, refusal)
  const { errcode, rid, meaning, fix, retryable } = refusal
  const answered = say(
    `WeChat answers ${errcode}: ${meaning.en}.`,
    `微信返回 ${errcode}：${meaning.zh}。`,
  )
  const evidence = { errcode, ...(rid !== undefined && { rid }) }
  if (retryable) {
    const says = say(
      `${answered.en} Run kaimen doctor again in a minute.`,
      `${answered.zh}请一分钟后重新运行 kaimen doctor。`,
    )
    return { ...skipped(check, says), ...evidence }
  }
  return { ...failed(check, answered, explainIp(refusal) ?? fix), ...evidence }
}

function explainIp({ errcode, message }: WechatError): Text | undefined {
  const addresses = ipErrcodes.includes(errcode) ? readAddresses(message) : []
  if (addresses.length === 0) return undefined
  return say(
    `Add ${addresses.join(' and ')} to the IP whitelist of this app in WeChat’s console. It is the address from which WeChat sees this server; one that changes needs a fixed way out.`,
    `把 ${addresses.join(' 和 ')} 加入该应用在微信后台的 IP 白名单。这是微信看到的本服务器出口地址；如果它会变化，请使用固定出口。`,
  )
}

/**
 * The addresses in WeChat's text, such as `invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in
 * whitelist`.
 */
export function readAddresses(message: string): string[] {
  const found = message
    .split(/[\s,[\]()]+/)
    .map((word) => word.replace(/^::ffff:(?=\d+\.)/i, ''))
    // `::` and the like would be an address too.
    .filter((word) => isIP(word) !== 0 && /[0-9a-f]/i.test(word))
  return [...new Set(found)]
}

function explainSilence(check: Finding['check'], refusal: WechatTransportError): Finding {
  const { kind, meaning, status, cause } = refusal
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  const details = [
    status === undefined ? '' : `HTTP ${status}`,
    typeof code === 'string' ? code : '',
  ]
  const detail = details.filter((each) => each !== '').join(', ')
  const says = say(
    `${meaning.en}${detail && ` (${detail})`}.`,
    `${meaning.zh}${detail && `（${detail}）`}。`,
  )
  const fix =
    kind === 'bad_reply'
      ? say(
          'See that KAIMEN_WECHAT_API is WeChat’s address, and that no proxy or portal answers in its place.',
          '请确认 KAIMEN_WECHAT_API 是微信的地址，且没有代理或认证页面替它应答。',
        )
      : say(
          'Check DNS, firewall, proxy and TLS certificates between this machine and KAIMEN_WECHAT_API.',
          '请检查本机到 KAIMEN_WECHAT_API 的 DNS、防火墙、代理与 TLS 证书。',
        )
  return failed(check, says, fix)
}

function explainInput(check: Finding['check'], { parameter }: WechatInputError): Finding {
  const name = parameter === 'secret' ? 'AppSecret' : parameter
  return failed(
    check,
    say(
      `The ${name} holds characters that none of WeChat’s has.`,
      `${name} 含有不可能出现的字符。`,
    ),
    say(
      'Copy it again, without blanks, line breaks and quotes.',
      '请重新复制，不要带空格、换行或引号。',
    ),
  )
}
