/** A word or phrase in both languages of the marketplaces. */
export interface Phrase {
  readonly uz: string;
  readonly ru: string;
}

const phrases = (table: string): Phrase[] =>
  table
    .trim()
    .split('\n')
    .map((line) => {
      const [uz = '', ru = ''] = line.split('|').map((text) => text.trim());
      return { uz, ru };
    });

/** The top level of a category tree. */
export const departments = phrases(`
Elektronika | Электроника
Maishiy texnika | Бытовая техника
Kiyim | Одежда
Poyabzallar | Обувь
Aksessuarlar | Аксессуары
Go‘zallik va parvarish | Красота и уход
Salomatlik | Здоровье
Uy-ro‘zg‘or buyumlari | Товары для дома
Qurilish va ta’mirlash | Строительство и ремонт
Avtotovarlar | Автотовары
Bolalar tovarlari | Детские товары
Xobbi va ijod | Хобби и творчество
Sport va hordiq | Спорт и отдых
Oziq-ovqat mahsulotlari | Продукты питания
Maishiy kimyo | Бытовая химия
Kanselyariya tovarlari | Канцтовары
Hayvonlar uchun tovarlar | Зоотовары
Kitoblar | Книги
Dacha, bog‘ va tomorqa | Дача, сад и огород
O‘yinchoqlar | Игрушки`);

/** Things that are sold: the second word of a leaf category, the first of a title. */
export const nouns = phrases(`
Choynak | Чайник
Televizor kronshteyni | Кронштейн для телевизора
Simsiz quloqchin | Беспроводные наушники
Telefon g‘ilofi | Чехол для телефона
Quvvatlagich | Зарядное устройство
Tashqi akkumulyator | Внешний аккумулятор
Kir yuvish vositasi | Средство для стирки
Sochiq | Полотенце
Ko‘rpa to‘plami | Комплект постельного белья
Erkaklar futbolkasi | Мужская футболка
Ayollar ko‘ylagi | Женское платье
Bolalar kombinezoni | Детский комбинезон
Krossovka | Кроссовки
Sport sumkasi | Спортивная сумка
Ryukzak | Рюкзак
Qo‘l soati | Наручные часы
Atir | Парфюмерная вода
Yuz kremi | Крем для лица
Shampun | Шампунь
Tish cho‘tkasi | Зубная щётка
Vitamin majmuasi | Витаминный комплекс
Tonometr | Тонометр
Pichoq to‘plami | Набор ножей
Tova | Сковорода
Qozon | Казан
Stol lampasi | Настольная лампа
Devor soati | Настенные часы
Gilam | Ковёр
Pardalar | Шторы
Dazmol | Утюг
Changyutgich | Пылесос
Mikroto‘lqinli pech | Микроволновая печь
Blender | Блендер
Muzlatkich uchun idish | Контейнер для холодильника
Burg‘ulash mashinasi | Дрель
Asboblar to‘plami | Набор инструментов
Bo‘yoq | Краска
Rozetka | Розетка
Avtomobil gilamchasi | Автомобильный коврик
Videoregistrator | Видеорегистратор
Motor moyi | Моторное масло
Konstruktor | Конструктор
Yumshoq o‘yinchoq | Мягкая игрушка
Taglik | Подгузники
Bolalar aravachasi | Детская коляска
Daftar | Тетрадь
Ruchka | Ручка
A4 qog‘oz | Бумага А4
Choy | Чай
Qahva | Кофе
Asal | Мёд
Mushuk ozuqasi | Корм для кошек
It uchun bo‘yinbog‘ | Ошейник для собак
Roman | Роман
Gul urug‘i | Семена цветов
Sug‘orish shlangi | Шланг для полива
Gantel | Гантель
Velosiped | Велосипед
Chodir | Палатка
Idish yuvish vositasi | Средство для мытья посуды`);

/** What tells two things of the same kind apart. */
export const qualities = phrases(`
universal | универсальный
premium sifatli | премиум-качества
oilaviy | семейный
kichik | маленький
katta | большой
zamonaviy | современный
klassik | классический
mustahkam | прочный
yengil | лёгкий
suv o‘tkazmaydigan | водонепроницаемый
uy uchun | для дома
ofis uchun | для офиса
sayohat uchun | для путешествий
sovg‘a uchun | в подарок
bolalar uchun | для детей
erkaklar uchun | для мужчин
ayollar uchun | для женщин
qishki | зимний
yozgi | летний
ekologik toza | экологичный`);

/** Invented brand names, in the alphabets that sellers use. */
export const brands = [
  'Namuna',
  'Oltin Qum',
  'Artelli',
  'ZarPol',
  'Bukhara Home',
  'Sharq Pro',
  'Turon',
  'Nihol',
  'Humo Tech',
  'Samo',
  'Chinor',
  'Vatanix',
  'Лола',
  'Северный Дом',
  'Мой Двор',
  'Kelajak',
  'Navro‘z',
  'Zilol',
  'Qaldirg‘och',
  'Registan',
  'Orzu',
  'Mehr',
  'Tezkor',
  'Сайёра',
];

/** Sentences for descriptions. */
export const sentences = phrases(`
Mahsulot yuqori sifatli materiallardan tayyorlangan va uzoq xizmat qiladi. | Изделие выполнено из качественных материалов и прослужит долго.
Yetkazib berish butun O‘zbekiston bo‘ylab amalga oshiriladi. | Доставка осуществляется по всему Узбекистану.
Kundalik foydalanish uchun qulay, joyni kam egallaydi. | Удобно для ежедневного использования, занимает мало места.
Diqqat: rang monitor sozlamalariga qarab farq qilishi mumkin! | Внимание: цвет может отличаться из-за настроек монитора!
O‘lchamlarni buyurtma berishdan oldin jadvaldan tekshirib oling. | Перед заказом проверьте размеры по таблице.
Kafolat 12 oy, qaytarish 10 kun ichida mumkin. | Гарантия 12 месяцев, возврат возможен в течение 10 дней.
Ehtiyotkorlik bilan yuving, 30 °C dan yuqori haroratda emas. | Стирать бережно, при температуре не выше 30 °C.
To‘plamda: asosiy buyum, qo‘llanma va qadoq. | В комплекте: изделие, инструкция и упаковка.
Xavfsiz va hidsiz, bolalar uchun ham mos keladi. | Безопасно и без запаха, подходит и для детей.
Sovg‘a uchun ajoyib tanlov — yaqinlaringizni xursand qiling. | Отличный выбор для подарка — порадуйте близких.`);

/** Colours with the value that the wire uses for them. */
export const colours = phrases(`
Oq | #ffffff
Qora | #000000
Kulrang | #808080
Qizil | #ff0000
Ko‘k | #0000ff
Yashil | #008000
Sariq | #ffff00
Jigarrang | #8b4513
Pushti | #ffc0cb
To‘q ko‘k | #00008b
Bej | #dfc29a
Binafsha | #800080`);

/** First names and family names for traders and companies. All invented combinations. */
export const names = {
  first: [
    'Aziz',
    'Dilnoza',
    'Sardor',
    'Malika',
    'Jasur',
    'Nodira',
    'Otabek',
    'Гульнара',
    'Рустам',
    'Шахноза',
  ],
  last: ['Namunayev', 'Misolov', 'Sinovova', 'Andozayev', 'Тестова', 'Примеров', 'Qolipova', 'Shablonov'],
};
