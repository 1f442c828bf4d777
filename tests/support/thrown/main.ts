// What a page calls, in the middle of what a bundler makes into one line.
import { total } from "./cart";

const answered = JSON.parse('[{ "price": null }]');

export const checkOut = (): void => {
  document.title = `Total ${total(answered)}`;
};
