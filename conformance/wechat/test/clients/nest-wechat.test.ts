import { nestWechat } from '../../clients/nest-wechat.ts'
import { tryClient } from '../try-client.ts'

tryClient(nestWechat)
