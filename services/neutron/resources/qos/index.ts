import { bandwidthLimitAlias, bandwidthLimitRule } from './bandwidth-limit.js';
import { dscpMarkingAlias, dscpMarkingRule } from './dscp-marking.js';
import { minimumBandwidthAlias, minimumBandwidthRule } from './minimum-bandwidth.js';
import { minimumPacketRateAlias, minimumPacketRateRule } from './minimum-packet-rate.js';
import { packetRateLimitRule } from './packet-rate-limit.js';
import { qosPolicy } from './policy.js';
import { qosRuleType } from './rule-type.js';

/** What QoS has of resources: policies, their rules, and the types of these. */
export const qos = {
  policy: qosPolicy,
  ruleType: qosRuleType,
  bandwidthLimitRule,
  bandwidthLimitAlias,
  dscpMarkingRule,
  dscpMarkingAlias,
  minimumBandwidthRule,
  minimumBandwidthAlias,
  minimumPacketRateRule,
  minimumPacketRateAlias,
  packetRateLimitRule,
};
