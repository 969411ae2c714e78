import { area } from './area'

export default area({
  'zh-CN': { title: '就诊人' },
  'zh-TW': { title: '就診人' },
  en: { title: 'Family' },
})
