import { area } from './area'

export default area({
  'zh-CN': { title: '就诊评价' },
  'zh-TW': { title: '就診評價' },
  en: { title: 'Rate your visit' },
})
