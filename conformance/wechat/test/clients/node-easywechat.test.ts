import { nodeEasywechat } from '../../clients/node-easywechat.ts'
import { tryClient } from '../try-client.ts'

tryClient(nodeEasywechat)
