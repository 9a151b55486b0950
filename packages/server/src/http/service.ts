import type { ServiceScope } from '@kaimen/protocol'
import type { CheckCredential } from '../credential/check-credential.ts'
import { readCredentialId } from '../credential/credential-secret.ts'
import { KaimenError } from '../errors.ts'
import { formatId } from '../id.ts'
import type { StoredCredential } from '../store/store.ts'
import type { Call, HttpParts } from './handlers.ts'

/**
 * The back end that sends this request, which has to have a scope. It sends its secret as a bearer
 * token (RFC 6750), or by HTTP Basic with the id before it (RFC 6749 section 2.3.1).
 *
 * @throws {@link KaimenError} `credential_invalid`, `scope_missing`.
 */
export async function service(
  parts: HttpParts,
  { request }: Call,
  scope: ServiceScope,
  options?: Parameters<CheckCredential>[1],
): Promise<StoredCredential> {
  const secret = readSecret(request.headers.get('authorization') ?? '')
  const credential = secret === undefined ? undefined : await parts.checkCredential(secret, options)
  if (!credential) throw new KaimenError('credential_invalid')
  if (!hasScope(credential, scope)) throw lacks(scope)
  return credential
}

export const hasScope = ({ scopes }: StoredCredential, scope: ServiceScope): boolean =>
  scopes.split(' ').includes(scope)

function lacks(scope: ServiceScope): KaimenError {
  return new KaimenError('scope_missing', {
    detail: {
      'zh-CN': `这个服务凭证没有 ${scope} 权限。请新建一个包含该权限的凭证。`,
      en: `This service credential lacks the scope ${scope}. Make one that has it.`,
    },
  })
}

function readSecret(header: string): string | undefined {
  const [, scheme = '', value = ''] = /^(bearer|basic) +([\x21-\x7e]+)$/i.exec(header) ?? []
  if (scheme.toLowerCase() !== 'basic') return value || undefined
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  const secret = text.slice(colon + 1)
  const id = readCredentialId(secret)
  return id !== undefined && text.slice(0, colon) === formatId('crd', id) ? secret : undefined
}
