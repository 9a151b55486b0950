import type { Rule } from '../../kit/rule.ts'
import { assertRefused } from '../../kit/shape.ts'

export const rule: Rule = {
  title: 'A POST is 43001',
  source: 'Return codes',
  sure: 'documented',
  async holds({ post, miniProgram }) {
    assertRefused(
      await post('/cgi-bin/token', { ...miniProgram, grant_type: 'client_credential' }),
      43001,
    )
  },
}
