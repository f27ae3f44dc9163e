// Which control is a click about?

export const CONTROL =
  "a,button,input,select,textarea,summary,label,[role=button],[role=tab],[role^=menuitem],[tabindex='0'],[contenteditable]";

/** Through shadow roots. @param {any} element @returns {any} */
export const parent = (element) => element.parentElement || element.getRootNode().host;

/**
 * The nearest ancestor, through shadow roots.
 * @param {any} element
 * @param {string} selector
 * @returns {any}
 */
export const nearest = (element, selector) =>
  element && (element.closest(selector) || nearest(element.getRootNode().host, selector));

/** @param {Element | null} element */
export const isIgnored = (element) => nearest(element, "[data-footpath-ignore]");

/** Something people fill in. @param {any} element */
export const isField = ({ localName, type }) =>
  /^(input|select|textarea)$/.test(localName) && !/button|submit|reset|image/.test(type);

/** @param {any} element */
export const isSubmit = (element) => /submit|image/.test(element.type) && element.form;

/** @param {Element} element */
export const isControl = (element) => element.matches(CONTROL);

/** The control, or else the named or innermost element. @param {Element} target @returns {Element} */
export const subject = (target) => nearest(target, CONTROL) || nearest(target, "[data-footpath]") || target;
