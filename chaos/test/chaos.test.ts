import { expect, it } from 'vitest'
import { isSkipped } from '../../tools/services/skip.ts'
import { phaseCount, runCampaign, smallScale } from '../campaign.ts'
import { missingPrograms } from '../services.ts'

const missing = missingPrograms()

it.skipIf(isSkipped(missing.join(' and '), missing.length === 0))(
  '[OP-2] three nodes lose nothing that was answered, whatever of them is killed, paused or cut off',
  async () => {
    const results = await runCampaign(smallScale, () => undefined)
    expect(results).toHaveLength(phaseCount)
    for (const { name, requests, failures, broken } of results) {
      expect({ name, failures, broken }).toEqual({ name, failures: [], broken: [] })
      expect(requests).toBeGreaterThan(smallScale.people)
    }
  },
  240_000,
)
