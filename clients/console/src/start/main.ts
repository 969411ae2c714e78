import '@/styles/fonts'
import '@/styles/base.scss'
import { createApp } from 'vue'
import StartPage from './StartPage.vue'

createApp(StartPage).mount('#app')
