import { area } from './area'

export default area({
  'zh-CN': { title: '意见详情', list: '我的意见', write: '提意见' },
  'zh-TW': { title: '意見詳情', list: '我的意見', write: '提出意見' },
  en: { title: 'Complaint', list: 'My complaints', write: 'Tell us what went wrong' },
})
