-- For the audit, which counts the changes of a day. Points arrive nearly in the order of time, so that a block range index of
-- a few pages finds them; a B-tree would cost every insert.
create index price_point_first_observed on price_point using brin (first_observed_at);
