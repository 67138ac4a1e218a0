import { stream } from '../dice.ts';
import type { Absurdity } from '../site.ts';
import { grouped, slug } from '../text.ts';
import { sentences } from '../words.ts';
import type { Ad, Market, Price } from './market.ts';

const TEXT = stream('text of an ad');
const DAY = 86_400_000;

type Json = Record<string, unknown>;

/** An ad in one epoch, with everything that both forms (API and page state) say of it. */
export interface AdState {
  readonly ad: Ad;
  readonly epoch: number;
  readonly active: boolean;
  readonly price: Price | null;
  readonly absurd: Absurdity | null;
}

/** The price number as the wire will have it; undefined leaves the key out. */
function stated(value: number, absurd: Absurdity | null): number | undefined {
  if (absurd === null) return value;
  return { zero: 0, negative: -value, huge: 1e15, missing: undefined }[absurd];
}

const unit = (currency: Price['currency']) => (currency === 'UYE' ? 'у.е.' : 'сум');

const local = (instant: number): string =>
  `${new Date(instant + 5 * 3_600_000).toISOString().slice(0, 19)}+05:00`;

/** Address of an ad's page. */
export function pathOf(ad: Ad): string {
  return `/d/obyavlenie/${slug(ad.title)}-ID${ad.code}.html`;
}

function description(market: Market, ad: Ad): string {
  const count = 2 + market.dice.below(9, TEXT, ad.number);
  const lines = Array.from(
    { length: count },
    (_, i) => market.dice.pick(sentences, TEXT, ad.number, i, 1).ru,
  );
  // Sellers paste anything, and the page's state must survive it.
  if (ad.number % 17 === 0) lines.push('Смотрите "описание" </script> ниже \\ звоните');
  return lines.join('<br />\n');
}

const times = ({ ad, epoch }: AdState) => ({
  created: local(ad.createdAt),
  // Bumped now and then, without any edit.
  refreshed: local(ad.createdAt + (epoch - (epoch % 3)) * DAY),
  validTo: local(ad.createdAt + 30 * DAY),
});

/** The JSON API's form of an ad. */
export function apiOffer(market: Market, state: AdState, bare: boolean): Json {
  const { ad } = state;
  const at = times(state);
  const { city } = ad;
  const path = pathOf(ad);
  return {
    id: ad.id,
    url: bare ? path : `https://www.olx.uz${path}`,
    title: ad.title,
    description: description(market, ad),
    created_time: at.created,
    last_refresh_time: at.refreshed,
    valid_to_time: at.validTo,
    pushup_time: null,
    promotion: {
      highlighted: ad.promoted,
      urgent: false,
      top_ad: ad.promoted,
      options: ad.promoted ? ['bundle_optimum'] : [],
      b2c_ad_page: false,
      premium_ad_page: false,
    },
    params: apiParams(state),
    key_params: [],
    business: ad.business,
    user: {
      id: ad.user.id,
      uuid: `00000000-0000-4000-8000-${String(ad.user.id).padStart(12, '0')}`,
      created: '2030-01-01T00:00:00+05:00',
      other_ads_enabled: true,
      name: ad.user.name,
      company_name: '',
      is_online: false,
      last_seen: at.refreshed,
      seller_type: null,
    },
    status: state.active ? 'active' : 'removed_by_user',
    offer_type: 'offer',
    contact: { name: ad.user.name, phone: true, chat: true, negotiation: ad.negotiable, courier: false },
    map: { zoom: 12, lat: 41.3, lon: 69.24, radius: 1, show_detailed: false },
    location: {
      city: { id: city.cityId, name: city.city, normalized_name: city.cityKey },
      district: null,
      region: { id: city.regionId, name: city.region, normalized_name: city.regionKey },
    },
    photos: [0, 1, 2].map((n) => ({
      id: ad.id * 10 + n,
      filename: `${ad.code}${n}-UZ`,
      rotation: 0,
      width: 1280,
      height: 960,
      link: `https://frankfurt.apollo.olxcdn.com:443/v1/files/${ad.code}${n}-UZ/image;s={width}x{height}`,
    })),
    partner: null,
    category: { id: ad.category.id, type: ad.category.type },
    delivery: { rock: { offer_id: null, active: false, mode: null } },
    safedeal: {
      weight: 0,
      weight_grams: 0,
      status: 'unactive',
      safedeal_blocked: false,
      allowed_quantity: [],
    },
    shop: { subdomain: null },
    isGpsrAvailable: false,
  };
}

function apiParams({ ad, price, absurd }: AdState): Json[] {
  const params: Json[] = [
    { key: 'state', name: 'Состояние', type: 'select', value: { key: 'used', label: 'Б/у' } },
    { key: 'total_area', name: 'Общая площадь', type: 'input', value: { key: '48', label: '48 м²' } },
    {
      key: 'more',
      name: 'Дополнительно',
      type: 'checkboxes',
      value: { key: ['1', '4'], label: 'Интернет, Телевизор' },
    },
  ];
  if (ad.category.type === 'jobs') {
    const salary = {
      from: 3_000_000,
      to: 6_000_000,
      arranged: false,
      currency: 'UZS',
      gross: false,
      type: 'monthly',
    };
    params.push({ key: 'salary', name: 'Зарплата', type: 'salary', value: salary });
  }
  if (price) {
    const uye = price.currency === 'UYE';
    const value = {
      value: stated(price.value, absurd),
      type: ad.negotiable ? 'arranged' : 'price',
      arranged: ad.negotiable,
      budget: false,
      currency: price.currency,
      negotiable: ad.negotiable,
      converted_value: uye ? price.inSum : null,
      converted_currency: uye ? 'UZS' : null,
      previous_value: null,
      converted_previous_value: null,
      // Display text, and not always in the seller's currency.
      label:
        uye && ad.number % 3 === 0
          ? `${grouped(price.inSum)} сум`
          : `${grouped(price.value)} ${unit(price.currency)}`,
      previous_label: null,
    };
    // The price has no fixed place among the parameters.
    params.splice(ad.number % (params.length + 1), 0, { key: 'price', name: 'Цена', type: 'price', value });
  }
  return params;
}

/** The form that pages carry in their state. On list pages most foreign prices are shown converted. */
export function stateAd(market: Market, state: AdState, on: 'ad page' | 'list page', reason: string): Json {
  const { ad } = state;
  const at = times(state);
  const { city } = ad;
  return {
    id: ad.id,
    title: ad.title,
    description: description(market, ad),
    category: { id: ad.category.id, type: ad.category.type },
    isBusiness: ad.business,
    url: `https://www.olx.uz${pathOf(ad)}`,
    isHighlighted: ad.promoted,
    isPromoted: ad.promoted,
    createdTime: at.created,
    lastRefreshTime: at.refreshed,
    validToTime: at.validTo,
    isActive: state.active,
    status: state.active ? 'active' : 'removed_by_user',
    params: [
      { key: 'state', name: 'Состояние', type: 'select', value: 'Б/у', normalizedValue: 'used' },
      {
        key: 'more',
        name: 'Дополнительно',
        type: 'checkboxes',
        value: 'Интернет, Телевизор',
        normalizedValue: ['1', '4'],
      },
    ],
    itemCondition: 'used',
    price: statePrice(state, on === 'list page' && ad.number % 6 !== 0),
    salary: null,
    isJob: ad.category.type === 'jobs',
    photos: [0, 1, 2].map(
      (n) => `https://frankfurt.apollo.olxcdn.com:443/v1/files/${ad.code}${n}-UZ/image;s=1280x960`,
    ),
    location: {
      cityName: city.city,
      cityId: city.cityId,
      cityNormalizedName: city.cityKey,
      regionName: city.region,
      regionId: city.regionId,
      regionNormalizedName: city.regionKey,
      districtName: null,
      districtId: 0,
      pathName: `${city.region}, ${city.city}`,
    },
    urlPath: pathOf(ad),
    contact: { chat: true, courier: false, name: ad.user.name, negotiation: ad.negotiable, phone: true },
    user: { id: ad.user.id, name: ad.user.name, photo: null, company_name: '', sellerType: null },
    isGpsrAvailable: false,
    ...(on === 'list page' ? { searchReason: reason } : {}),
  };
}

function statePrice({ ad, price, absurd }: AdState, converted: boolean): Json {
  const flags = { budget: false, free: ad.category.type === 'free', exchange: ad.exchange };
  if (!price)
    return { ...flags, displayValue: ad.exchange ? 'Обмен' : ad.category.type === 'free' ? 'Бесплатно' : '' };
  const inSum = converted || price.currency === 'UZS';
  return {
    ...flags,
    displayValue: `${grouped(price.value)} ${unit(price.currency)}`,
    regularPrice: {
      value: stated(inSum ? price.inSum : price.value, absurd),
      currencyCode: inSum ? 'UZS' : 'UYE',
      currencySymbol: inSum ? 'сум' : 'у.е.',
      negotiable: ad.negotiable,
      priceFormatConfig: { decimalSeparator: '.', thousandsSeparator: ' ' },
    },
  };
}
