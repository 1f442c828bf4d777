// The part of `vitals.ts` that is fetched later: web-vitals, and its attribution as attributes.

import { onCLS, onFCP, onINP, onLCP, onTTFB, type MetricWithAttribution } from "web-vitals/attribution";

/** Its attributes, and the monotonic time in ms that it is due to. */
export type Vital = [Record<string, string | number | undefined>, number | undefined];

/** Hands every vital to `tell`, once it is final: at the latest when the page is hidden. */
export const watchVitals = (tell: (vital: Vital) => void): void => {
  const told = (metric: MetricWithAttribution): void => {
    const { time, attribution } = dueTo(metric);
    const attributes = {
      "browser.web_vital.name": metric.name,
      "browser.web_vital.value": metric.value,
      "browser.web_vital.delta": metric.delta,
      "browser.web_vital.id": metric.id,
      "browser.web_vital.rating": metric.rating,
      "browser.web_vital.navigation_type": metric.navigationType,
      ...attribution,
    };
    tell([attributes, time]);
  };
  onCLS(told);
  onFCP(told);
  onINP(told);
  onLCP(told);
  onTTFB(told);
};

interface Due {
  time: number | undefined;
  attribution: Vital[0];
}

const dueTo = (metric: MetricWithAttribution): Due => {
  switch (metric.name) {
    case "LCP": {
      const { target, url, timeToFirstByte, resourceLoadDelay, resourceLoadDuration, elementRenderDelay } =
        metric.attribution;
      return {
        time: metric.value,
        attribution: {
          "browser.web_vital.target": named(target),
          "browser.web_vital.url": url,
          "browser.web_vital.time_to_first_byte": round(timeToFirstByte),
          "browser.web_vital.resource_load_delay": round(resourceLoadDelay),
          "browser.web_vital.resource_load_duration": round(resourceLoadDuration),
          "browser.web_vital.element_render_delay": round(elementRenderDelay),
        },
      };
    }
    case "INP": {
      const { interactionTarget, interactionTime, interactionType, inputDelay, processingDuration, presentationDelay } =
        metric.attribution;
      return {
        time: interactionTime,
        attribution: {
          "browser.web_vital.target": named(interactionTarget),
          "browser.web_vital.interaction_type": interactionType,
          "browser.web_vital.input_delay": round(inputDelay),
          "browser.web_vital.processing_duration": round(processingDuration),
          "browser.web_vital.presentation_delay": round(presentationDelay),
        },
      };
    }
    case "CLS": {
      const { largestShiftTarget, largestShiftTime, largestShiftValue } = metric.attribution;
      return {
        time: largestShiftTime,
        attribution: {
          "browser.web_vital.target": named(largestShiftTarget),
          "browser.web_vital.largest_shift_value": largestShiftValue,
        },
      };
    }
    default:
      return { time: metric.value, attribution: {} };
  }
};

const round = (ms: number): number => Math.round(ms * 10) / 10;

// A selector is made of tags, classes and ids, in which numbers mean that they were generated.
const named = (selector: string | undefined): string | undefined => selector?.replace(/[#.][\w-]*\d[\w-]*/g, "");
